/** Named situations: a hand-made workload on a network without chance faults, and a script that sees every message and acts on it. */
import type { Message, NodeId } from "../../shared/protocol/messages.ts";
import type { Ix } from "../conformance/random-wire.ts";
import type { Clients } from "./clients.ts";
import type { Cluster, ClusterShape, Sabotage } from "./cluster.ts";
import { NO_FAULTS } from "./faults.ts";
import { programAccounts } from "./programs.ts";
import { type RunReport, runSeed } from "./run.ts";
import type { Batch } from "./workload.ts";
import { HOT, legacy, plainAccounts } from "./world.ts";

export interface Play {
  readonly cluster: Cluster;
  readonly clients: Clients;
  /** Dies right after the step that is going on now. */
  kill(id: NodeId, downMs?: number): void;
  /** How often the script did something. */
  acted: number;
}

export interface Scenario {
  readonly shape?: Partial<ClusterShape>;
  readonly workload: readonly Batch[];
  /** Sees every message before the network has it. "lose" loses it; messages are sent in its place. */
  readonly onMessage?: (
    play: Play,
    from: NodeId,
    to: NodeId,
    message: Message,
  ) => "lose" | readonly Message[] | undefined;
  readonly prepare?: (play: Play) => void;
  readonly sabotage?: Omit<Sabotage, "send">;
  readonly trace?: (line: string) => void;
  readonly seed?: number;
  /** Messages overtake each other. */
  readonly jitter?: boolean;
  readonly ignoreRepeats?: boolean;
  readonly atRest?: (cluster: Cluster) => void;
}

export const SCENARIO_SHAPE: ClusterShape = {
  shards: 4,
  lanes: 1,
  slotMs: 20,
  heartbeatMs: 100,
  checkpointRows: 1000,
  checkpointBytes: 1 << 30,
  memoryBytes: 64 << 20,
  pageBytes: 4_096,
  partBytes: 1 << 20,
  mergeBytes: 1 << 20,
  accounts: [...plainAccounts(), ...programAccounts()],
};

export interface Outcome extends RunReport {
  readonly acted: number;
  readonly clients: Clients;
  readonly cluster: Cluster;
}

export function play(scenario: Scenario): Outcome {
  let current: Play | undefined;
  const send = (from: NodeId, to: NodeId, message: Message): readonly Message[] => {
    const action = scenario.onMessage?.(current!, from, to, message);
    return action === "lose" ? [] : (action ?? [message]);
  };
  const report = runSeed({
    seed: scenario.seed ?? 1,
    rates: { ...NO_FAULTS, jitter: scenario.jitter ? 1 : 0 },
    shape: { ...SCENARIO_SHAPE, ...scenario.shape },
    workload: scenario.workload,
    sabotage: { ...scenario.sabotage, send },
    ignoreRepeats: scenario.ignoreRepeats ?? false,
    ...(scenario.atRest ? { atRest: scenario.atRest } : {}),
    ...(scenario.trace ? { trace: scenario.trace } : {}),
    prepare: (cluster, clients) => {
      const kill = (id: NodeId, downMs = 5): void => {
        cluster.scheduler.after(0, () => cluster.node(id)!.kill(downMs));
      };
      current = { cluster, clients, kill, acted: 0 };
      scenario.prepare?.(current);
    },
  });
  const { acted, clients, cluster } = current!;
  return { ...report, acted, clients, cluster };
}

/** A batch of one transaction for each list of instructions. */
export function batch(number: number, atMs: number, lane: number, ...transactions: (readonly Ix[])[]): Batch {
  return {
    atMs,
    submissions: [{ afterMs: 0, lane }],
    transactions: transactions.map((instructions, i) => ({
      number: number * 100 + i,
      wire: legacy(instructions[0]!.accounts[0]!.signer ? instructions[0]!.accounts[0]!.key : HOT[0]!, instructions),
      freshness: "recent",
    })),
  };
}
