/** What an attack is: what one client does on purpose, in a process of its own (attacker.ts), for a given time. */
import type { Tally } from "./tally.ts";

export interface Context {
  /** Of the network's JSON-RPC, on loopback. */
  readonly url: URL;
  /** Of the network. */
  readonly ports: readonly number[];
  /** Few connections and calls: the form that the tests run. */
  readonly small: boolean;
  /** How long it will last, seconds. */
  readonly seconds: number;
  /** What becomes of what is sent. */
  readonly tally: Tally;
}

/** When the attack ends. */
export interface End {
  readonly isOver: boolean;
  /** Resolves then. */
  readonly over: Promise<void>;
}

/** Back at the end, or before it when there is nothing left to do. Connections end with the process. */
export type Start = (end: End) => Promise<void>;

export interface Attack {
  readonly name: string;
  /** One line. */
  readonly what: string;
  /** Prepares accounts and messages. What it returns does the harm. */
  prepare(context: Context): Promise<Start>;
}

/** Repeats `step` on `lanes` loops side by side until the end; a step that fails is counted and begins again after a pause. */
export async function repeat(
  { tally }: Context,
  end: End,
  lanes: number,
  step: (lane: number) => Promise<void>,
): Promise<void> {
  const loop = async (lane: number) => {
    while (!end.isOver) {
      try {
        await step(lane);
      } catch (error) {
        tally.fault(error);
        await pause(FAULT_PAUSE_MS);
      }
    }
  };
  await Promise.race([end.over, Promise.all(Array.from({ length: lanes }, (_, lane) => loop(lane)))]);
}

const FAULT_PAUSE_MS = 50;

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
