/** What the clients of a seed want: batches of transactions, when, through which lanes, how often. */
import { SYSTEM } from "../conformance/random-world.ts";
import type { Dice } from "./dice.ts";
import {
  BUFFERS,
  COUNTERS,
  close,
  count,
  countThroughCall,
  deploy,
  FRESH,
  naming,
  UPGRADEABLE,
  upgrade,
} from "./programs.ts";
import {
  advanceNonce,
  COLD,
  HOT,
  legacy,
  NEW,
  NONCES,
  POOR,
  PURSE_LAMPORTS,
  PURSES,
  SHELLS,
  TABLE_SIZE,
  type TokenLibrary,
  transfer,
  viaTable,
} from "./world.ts";

/** Where the blockhash of a transaction comes from. */
export type Freshness = "recent" | "unknown" | { readonly nonce: Uint8Array };

export interface WantedTransaction {
  readonly number: number;
  /** With a blockhash of zeros. */
  readonly wire: Uint8Array;
  readonly freshness: Freshness;
  readonly loaded?: Uint8Array;
}

export interface Submission {
  readonly afterMs: number;
  readonly lane: number;
}

export interface Batch {
  readonly atMs: number;
  readonly transactions: readonly WantedTransaction[];
  /** The first is insisted on until a lane has taken the batch; the others are made once. */
  readonly submissions: readonly Submission[];
}

export interface WorkloadShape {
  readonly transactions: number;
  readonly lanes: number;
  /** Time in which the batches are spread, milliseconds. */
  readonly activeMs: number;
  readonly tokens: TokenLibrary | undefined;
  /** Whether there are programs to call. */
  readonly programs: boolean;
}

const BAGS = [...PURSES, ...SHELLS];

const KINDS = [
  ...Array<"transfer">(10).fill("transfer"),
  ...Array<"token">(8).fill("token"),
  "self",
  "several",
  "several",
  "atomic",
  "atomic",
  "unpayable",
  "poor",
  "overdraw",
  "drain",
  "drain",
  "drain",
  "fill",
  "fill",
  "create",
  "nonce",
  "nonce",
  "table",
  "table",
  "unknown",
] as const;

const PROGRAM_KINDS = [
  ...Array<"count">(6).fill("count"),
  "call",
  "call",
  "call",
  "name",
  "name",
  "upgrade",
  "upgrade",
  "deploy",
  "close",
] as const;

export function transactionOf(dice: Dice, shape: WorkloadShape, number: number): WantedTransaction {
  const { tokens } = shape;
  const name = `tx ${number}`;
  const pick = (what: string, from: readonly Uint8Array[]): Uint8Array => dice.pick(`${what} of ${name}`, from);
  const anyone = (what: string): Uint8Array => pick(what, dice.chance(`hot ${what} of ${name}`, 0.4) ? HOT : COLD);
  const amount = BigInt(dice.below(`amount of ${name}`, 5_000_000));
  const from = anyone("payer");
  const to = anyone("payee");
  const make = (payer: Uint8Array, ...instructions: Parameters<typeof legacy>[1]): WantedTransaction => ({
    number,
    wire: legacy(payer, instructions),
    freshness: "recent",
  });
  const calls = shape.programs && dice.chance(`programs in ${name}`, 0.35);
  const kind = calls ? dice.pick(`kind of ${name}`, PROGRAM_KINDS) : dice.pick(`kind of ${name}`, KINDS);
  switch (kind) {
    case "token": {
      if (!tokens) return make(from, transfer(from, to, amount));
      const first = dice.below("first token transaction", tokens.transactions.length);
      const wire = tokens.transactions[(first + number) % tokens.transactions.length]!;
      return { number, wire, freshness: "recent" };
    }
    case "transfer":
      return make(from, transfer(from, to, amount));
    case "self":
      return make(from, transfer(from, from, amount));
    case "several":
      return make(
        from,
        transfer(from, to, amount),
        transfer(from, anyone("second payee"), amount / 2n),
        transfer(from, pick("third", NEW), 2_000_000n),
      );
    case "atomic":
      return make(from, transfer(from, to, amount), transfer(from, anyone("second payee"), 1n << 60n));
    case "unpayable":
      return make(pick("pauper", NEW), transfer(pick("pauper", NEW), to, 1n));
    case "poor":
      return make(pick("poor", POOR), transfer(pick("poor", POOR), to, 1n));
    case "overdraw":
      return make(from, transfer(from, to, 1n << 60n));
    case "drain":
      return make(from, transfer(pick("purse", BAGS), to, PURSE_LAMPORTS));
    case "fill":
      return make(from, transfer(from, pick("purse", BAGS), PURSE_LAMPORTS));
    case "create":
      return make(from, transfer(from, pick("new", NEW), 900_000n + amount));
    case "nonce": {
      const nonce = pick("nonce", NONCES);
      return { ...make(HOT[0]!, advanceNonce(nonce), transfer(HOT[0]!, to, amount)), freshness: { nonce } };
    }
    case "table": {
      const { wire, loaded } = viaTable(from, dice.below(`entry of ${name}`, TABLE_SIZE), amount);
      return { number, wire, freshness: "recent", loaded };
    }
    case "count": {
      const first = dice.below(`counter of ${name}`, COUNTERS.length);
      const second = dice.below(`second counter of ${name}`, COUNTERS.length);
      return make(from, count(first, number), count(second, number));
    }
    case "call":
      return make(from, countThroughCall(dice.below(`counter of ${name}`, COUNTERS.length), number));
    case "upgrade":
      return make(HOT[0]!, upgrade(pick("program", [...UPGRADEABLE, ...FRESH]), pick("buffer", BUFFERS)));
    case "deploy":
      return make(HOT[0]!, deploy(pick("program", FRESH), pick("buffer", BUFFERS)));
    case "close":
      return make(HOT[0]!, close(pick("program", [UPGRADEABLE[2]!, ...FRESH])));
    case "name": {
      const program = pick("program", UPGRADEABLE);
      if (dice.chance(`named by a program ${name}`, 0.5)) {
        return make(from, naming(count(dice.below(`counter of ${name}`, COUNTERS.length), number), program));
      }
      return make(from, naming(transfer(from, to, amount), program));
    }
    case "unknown":
      return { ...make(from, transfer(from, to, amount)), freshness: "unknown" };
  }
}

export function makeWorkload(dice: Dice, shape: WorkloadShape): Batch[] {
  const batches: Batch[] = [];
  for (let number = 0; number < shape.transactions; ) {
    const name = `batch ${batches.length}`;
    const size = Math.min(dice.between(`size of ${name}`, 1, 4), shape.transactions - number);
    const transactions = Array.from({ length: size }, () => transactionOf(dice, shape, number++));
    // The same one twice in one frame.
    if (dice.chance(`twice in ${name}`, 0.1)) transactions.push(transactions[0]!);
    const submissions: Submission[] = [{ afterMs: 0, lane: dice.below(`lane of ${name}`, shape.lanes) }];
    if (dice.chance(`again ${name}`, 0.3)) {
      const copies = dice.between(`copies of ${name}`, 1, 3);
      for (let i = 0; i < copies; i++) {
        const lane = dice.below(`lane ${i} of ${name}`, shape.lanes);
        submissions.push({ lane, afterMs: dice.below(`copy time ${i} of ${name}`, 600) });
      }
    }
    batches.push({ atMs: dice.below(`time of ${name}`, shape.activeMs), transactions, submissions });
  }
  return batches;
}

export const UNKNOWN_BLOCKHASH = SYSTEM.map((_, i) => i + 1);
