/** Vote instructions and vote accounts as bytes, and a world with a vote account and its authorities. */
import { address, type Instruction } from "@solana/kit";
import type { TransactionErrorJson } from "../../shared/errors/transaction-error.ts";
import { Conformance, instruction, type Key, keyBytes, testKey } from "./harness.ts";
import { type Accounts, createAccount, RENT, text, u32, u64 } from "./harness-system.ts";
import { CLOCK, rent } from "./loader-fixture.ts";

export const VOTE = address("Vote111111111111111111111111111111111111111");
export const SLOT_HASHES = address("SysvarS1otHashes111111111111111111111111111");
export const VOTE_SIZE = 3762;
export const UNITS = 2_100;
export const SOL = 10n ** 9n;
export const EPOCH = 432_000;
export const [payer, vote, node, voter, withdrawer, other] = [1, 2, 3, 4, 5, 6].map(testKey) as [
  Key,
  Key,
  Key,
  Key,
  Key,
  Key,
];
export type Role = 0 | 1 | number[];
export const VOTER = 0;
export const WITHDRAWER = 1;

// ── instructions, every field free to be wrong ─────────────────────────────────────────────────────────────────────

export const voteIx = (accounts: Accounts, data: ArrayLike<number>): Instruction => instruction(VOTE, accounts, data);
/** SetComputeUnitLimit; costs 150 of them. */
export const limit = (units: number): Instruction =>
  instruction("ComputeBudget111111111111111111111111111111", [], [2, ...u32(units)]);
export const u16 = (n: number): number[] => [n & 255, n >> 8];
const option = (value: bigint | null): number[] => (value === null ? [0] : [1, ...u64(BigInt.asUintN(64, value))]);
const roleBytes = (role: Role): number[] => (typeof role === "number" ? u32(role) : role);

export const voteInit = (commission = 10, voterKey: Key = voter): number[] => [
  ...keyBytes(node),
  ...keyBytes(voterKey),
  ...keyBytes(withdrawer),
  commission,
];
export const initializeAccounts: Accounts = [
  [vote, "w"],
  [RENT, "r"],
  [CLOCK, "r"],
  [node, "rs"],
];
export const initialize = (accounts: Accounts = initializeAccounts, init = voteInit()): Instruction =>
  voteIx(accounts, [...u32(0), ...init]);
export const create = (lamports = rent(VOTE_SIZE), space = VOTE_SIZE): Instruction =>
  createAccount(
    [
      [payer, "ws"],
      [vote, "ws"],
    ],
    lamports,
    BigInt(space),
    VOTE,
  );
export const signedBy = (...by: Key[]): Accounts => [
  [vote, "w"],
  [CLOCK, "r"],
  ...by.map((key): [Key, string] => [key, "rs"]),
];
export const authorize = (accounts: Accounts, key: Key, role: Role): Instruction =>
  voteIx(accounts, [...u32(1), ...keyBytes(key), ...roleBytes(role)]);
export const authorizeChecked = (accounts: Accounts, role: Role): Instruction =>
  voteIx(accounts, [...u32(7), ...roleBytes(role)]);
export const authorizeWithSeed = (
  accounts: Accounts,
  role: Role,
  owner: Key,
  seed: string | Uint8Array,
  key: Key,
): Instruction =>
  voteIx(accounts, [...u32(10), ...roleBytes(role), ...keyBytes(owner), ...text(seed), ...keyBytes(key)]);
export const authorizeCheckedWithSeed = (
  accounts: Accounts,
  role: Role,
  owner: Key,
  seed: string | Uint8Array,
): Instruction => voteIx(accounts, [...u32(11), ...roleBytes(role), ...keyBytes(owner), ...text(seed)]);
export const withdraw = (lamports: bigint, to: Key = other, by: Key = withdrawer): Instruction =>
  voteIx(
    [
      [vote, "w"],
      [to, "w"],
      [by, "rs"],
    ],
    [...u32(3), ...u64(lamports)],
  );
export const updateIdentity = (accounts: Accounts): Instruction => voteIx(accounts, u32(4));
export const updateCommission = (percent: number, by: Key = withdrawer): Instruction =>
  voteIx(
    [
      [vote, "w"],
      [by, "rs"],
    ],
    [...u32(5), percent],
  );
export const updateCommissionBps = (bps: number, kind = 0, by: Key = withdrawer): Instruction =>
  voteIx(
    [
      [vote, "w"],
      [by, "rs"],
    ],
    [...u32(18), ...u16(bps), ...u32(kind)],
  );
export const updateCollector = (accounts: Accounts, kind = 0): Instruction =>
  voteIx(accounts, [...u32(17), ...u32(kind)]);
/** The withdrawer signs for this collector. */
export const collector = (key: Key, role = "w"): Accounts => [
  [vote, "w"],
  [key, role],
  [withdrawer, "rs"],
];

export interface Tower {
  /** Slot and confirmations, oldest first. */
  votes: readonly (readonly [bigint, number])[];
  root?: bigint | null;
  hash: Uint8Array;
  timestamp?: bigint | null;
}
const timestampOf = (of: { timestamp?: bigint | null }): number[] => option(of.timestamp ?? null);
function varint(n: bigint): number[] {
  const out: number[] = [];
  for (; n >= 128n; n >>= 7n) out.push(Number(n & 127n) | 128);
  return [...out, Number(n)];
}
const short = (n: number): number[] => varint(BigInt(n));
function compact({ votes, root = null, hash, timestamp }: Tower): number[] {
  let last = root ?? 0n;
  const lockouts = votes.flatMap(([slot, confirmations]) => {
    const offset = BigInt.asUintN(64, slot - last);
    last = slot;
    return [...varint(offset), confirmations];
  });
  const rootBytes = u64(root ?? 2n ** 64n - 1n);
  return [...rootBytes, ...short(votes.length), ...lockouts, ...hash, ...timestampOf({ timestamp: timestamp ?? null })];
}
function full({ votes, root = null, hash, timestamp }: Tower): number[] {
  const lockouts = votes.flatMap(([slot, confirmations]) => [...u64(slot), ...u32(confirmations)]);
  return [
    ...u64(BigInt(votes.length)),
    ...lockouts,
    ...option(root),
    ...hash,
    ...timestampOf({ timestamp: timestamp ?? null }),
  ];
}
/** A tower as a validator keeps it. */
export class Validator {
  readonly votes: [bigint, number][] = [];
  root: bigint | null = null;
  push(slot: bigint): void {
    const { votes } = this;
    const locked = ([at, n]: [bigint, number]): bigint => at + (1n << BigInt(Math.min(n, 31)));
    while (votes.length && locked(votes.at(-1)!) < slot) votes.pop();
    if (votes.length === 31) this.root = votes.shift()![0];
    votes.push([slot, 1]);
    for (const [i, entry] of votes.entries()) if (votes.length > i + entry[1]) entry[1] += 1;
  }
}
export const voterSigns = (by: Key = voter): Accounts => [
  [vote, "w"],
  [by, "rs"],
];
const PROOF = new Array<number>(32).fill(9);
/** Forms of one and the same thing: 8 and 9 in full, 12 and 13 compact, 14 and 15 with a block's id; odd ones with a proof. */
export type TowerForm = 8 | 9 | 12 | 13 | 14 | 15;
export const TOWER_FORMS: readonly TowerForm[] = [8, 9, 12, 13, 14, 15];
export function towerBytes(form: TowerForm, tower: Tower): number[] {
  const proof = form & 1 ? PROOF : [];
  const id = form > 13 ? PROOF : [];
  return [...u32(form), ...(form < 12 ? full(tower) : compact(tower)), ...id, ...proof];
}
export const syncTower = (tower: Tower, form: TowerForm = 14, accounts: Accounts = voterSigns()): Instruction =>
  voteIx(accounts, towerBytes(form, tower));
export const voteAccounts = (by: Key = voter): Accounts => [
  [vote, "w"],
  [SLOT_HASHES, "r"],
  [CLOCK, "r"],
  [by, "rs"],
];
export function voteFor(
  slots: readonly bigint[],
  hash: Uint8Array,
  {
    timestamp = null,
    proof = false,
    accounts = voteAccounts(),
  }: { timestamp?: bigint | null; proof?: boolean; accounts?: Accounts } = {},
): Instruction {
  const body = [...u64(BigInt(slots.length)), ...slots.flatMap(u64), ...hash, ...option(timestamp)];
  return voteIx(accounts, [...u32(proof ? 6 : 2), ...body, ...(proof ? PROOF : [])]);
}

// ── account data ───────────────────────────────────────────────────────────────────────────────────────────────────

export interface VoteState {
  version?: 1 | 2 | 3;
  /** Latency, slot, confirmations. */
  votes?: readonly (readonly [number, bigint, number])[];
  root?: bigint | null;
  voters?: readonly (readonly [bigint, Key])[];
  credits?: readonly (readonly [bigint, bigint, bigint])[];
  timestamp?: readonly [bigint, bigint];
  commission?: number;
  pending?: bigint;
  blsKey?: Uint8Array | null;
  /** Bytes of the account. */
  size?: number;
  /** The bool behind the prior voters. */
  priorEmpty?: number;
}
function head(s: VoteState): number[] {
  const keys = [...keyBytes(node), ...keyBytes(withdrawer)];
  if ((s.version ?? 3) < 3) return [...keys, s.commission ?? 7];
  const collectors = [...keyBytes(vote), ...keyBytes(node)];
  const bls = s.blsKey ? [1, ...s.blsKey] : [0];
  return [...keys, ...collectors, ...u16(s.commission ?? 700), ...u16(10_000), ...u64(s.pending ?? 0n), ...bls];
}
const list = <T>(items: readonly T[], each: (item: T) => number[]): number[] => [
  ...u64(BigInt(items.length)),
  ...items.flatMap(each),
];
export function voteState(s: VoteState = {}): Uint8Array {
  const version = s.version ?? 3;
  const prior = version < 3 ? [...new Array<number>(32 * 48).fill(0), ...u64(31n), s.priorEmpty ?? 1] : [];
  const bytes = [
    ...u32(version),
    ...head(s),
    ...list(s.votes ?? [], ([latency, slot, n]) => [...(version > 1 ? [latency] : []), ...u64(slot), ...u32(n)]),
    ...option(s.root ?? null),
    ...list(s.voters ?? [[0n, voter]], ([epoch, key]) => [...u64(epoch), ...keyBytes(key)]),
    ...prior,
    ...list(s.credits ?? [], (entry) => entry.flatMap(u64)),
    ...u64(s.timestamp?.[0] ?? 0n),
    ...u64(s.timestamp?.[1] ?? 0n),
  ];
  const data = new Uint8Array(s.size ?? (version === 1 ? 3731 : VOTE_SIZE));
  data.set(bytes.slice(0, data.length));
  return data;
}

// ── the world ──────────────────────────────────────────────────────────────────────────────────────────────────────

export class VoteWorld {
  readonly c: Conformance;
  static async create(realPrograms = 0): Promise<VoteWorld> {
    return new VoteWorld(await Conformance.create({ realPrograms }));
  }
  private constructor(c: Conformance) {
    this.c = c;
    for (const key of [payer, node, voter, withdrawer, other]) c.fund(key, 100n * SOL);
  }
  run(instructions: Instruction | Instruction[], error: TransactionErrorJson | null = null) {
    return this.c.expect(this.c.transaction({ payer, instructions: [instructions].flat() }), error);
  }
  /** The vote account with this state and just enough lamports, or others. */
  set(state: VoteState | Uint8Array = {}, lamports?: bigint, owner: Key = VOTE): void {
    const data = state instanceof Uint8Array ? state : voteState(state);
    this.c.setAccount(vote, { lamports: lamports ?? rent(data.length), data, owner });
  }
  data(): Uint8Array {
    return this.c.account(vote)!.data;
  }
  /** Blockhash of a slot of the last 512. */
  hash(slot: bigint | number): Uint8Array {
    return this.c.context().hashes[this.c.currentSlot() - 1 - Number(slot)]!;
  }
}
