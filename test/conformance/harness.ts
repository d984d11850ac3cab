/**
 * The same wire transaction on Agave's runtime (litesvm) and on ours, over the same accounts, clock and blockhashes.
 *
 *   const c = await Conformance.create();
 *   c.fund(payer, 10n ** 9n);
 *   c.expectSame(c.transaction({ payer, instructions: [...] }));      // throws with the differences
 *
 * Compared: landed or not, the error with index and code, every account the transaction names byte for byte, logs, return data,
 * inner instructions, compute units. Where litesvm itself departs from Agave the harness follows Agave and says so (see `adopt`):
 *   - litesvm takes no fee from a transaction whose accounts cannot be loaded; Agave does (SIMD-0191).
 *   - litesvm answers InvalidProgramForExecution for a program that does not exist; Agave ProgramAccountNotFound.
 *   - litesvm derives the next durable nonce from the transaction's blockhash and does not advance the nonce of a failed
 *     transaction; Agave derives it from the newest blockhash and does.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import {
  AccountRole,
  type Address,
  address,
  appendTransactionMessageInstructions,
  compileTransactionMessage,
  compressTransactionMessageUsingAddressLookupTables,
  createTransactionMessage,
  getAddressDecoder,
  getAddressEncoder,
  getBase58Encoder,
  getCompiledTransactionMessageEncoder,
  type Instruction,
  pipe,
  setTransactionMessageConfig,
  setTransactionMessageFeePayer,
  setTransactionMessageLifetimeUsingBlockhash,
  type V1TransactionConfig,
} from "@solana/kit";
import type { TransactionErrorJson } from "../../shared/errors/transaction-error.ts";
import type { SlotContextFields } from "../../shared/protocol/context.ts";
import { ALL_REAL_PROGRAMS, realProgramAddresses } from "../../shared/protocol/real-programs.ts";
import { V1_FIRST_BYTE } from "../../shared/protocol/record.ts";
import { decodeAccountList } from "../../shared/state/accounts.ts";
import { carriedAddresses } from "../../shared/state/carried.ts";
import { CARRIED, STANDARD_PROGRAMS } from "../carried-programs.ts";
import { Agave, type AgaveResult } from "./harness-agave.ts";
import type { AccountState, ExecutionResult } from "./harness-result.ts";
import { type Executed, Ours } from "./harness-wasm.ts";

export type Key = Address | Uint8Array | string;
/** Wire bytes, or anything of kit that holds message bytes and signatures. */
export type TransactionLike = Uint8Array | { messageBytes: ArrayLike<number>; signatures: Record<string, unknown> };

export interface Comparison {
  readonly agave: AgaveResult;
  readonly ours: ExecutionResult;
  /** Empty: the same. */
  readonly differences: string[];
  /** Departures of litesvm from Agave that were taken into account. */
  readonly adopted: string[];
}

export interface TransactionInput {
  readonly payer: Key;
  readonly instructions: readonly Instruction[];
  /** Base58; the newest one without. */
  readonly blockhash?: string;
  readonly version?: "legacy" | 0 | 1;
  /** Of version 1. */
  readonly config?: V1TransactionConfig;
  readonly lookupTables?: Record<string, Address[]>;
}

const encoder = getAddressEncoder();
const decoder = getAddressDecoder();
export const keyBytes = (key: Key): Uint8Array =>
  typeof key === "string" ? new Uint8Array(encoder.encode(address(key))) : (key as Uint8Array);
export const keyAddress = (key: Key): Address => (typeof key === "string" ? address(key) : decoder.decode(key));
const STAKE_HISTORY = "SysvarStakeHistory1111111111111111111111111";
const SYSVARS = "Sysvar1111111111111111111111111111111111111";
export const SYSTEM = address("11111111111111111111111111111111");

/** A key from a number, on or off the curve: signatures are not checked. */
export function testKey(n: number): Address {
  const bytes = new Uint8Array(32).fill(7);
  new DataView(bytes.buffer).setUint32(0, n, true);
  return decoder.decode(bytes);
}

/** An instruction from bytes and [key, "r" | "w" | "rs" | "ws"] pairs. */
export function instruction(program: Key, accounts: readonly [Key, string][], data: ArrayLike<number>): Instruction {
  const roles: Record<string, AccountRole> = {
    r: AccountRole.READONLY,
    w: AccountRole.WRITABLE,
    rs: AccountRole.READONLY_SIGNER,
    ws: AccountRole.WRITABLE_SIGNER,
  };
  return {
    programAddress: keyAddress(program),
    accounts: accounts.map(([key, role]) => ({ address: keyAddress(key), role: roles[role]! })),
    data: Uint8Array.from(data),
  };
}

function withSignatures(messageBytes: ArrayLike<number>, count: number): Uint8Array {
  // Version 1 has its signatures last, and no count of them.
  if (messageBytes[0] === V1_FIRST_BYTE)
    return Uint8Array.from([...Array.from(messageBytes), ...new Array(count * 64).fill(0)]);
  const wire = new Uint8Array(1 + count * 64 + messageBytes.length);
  wire[0] = count;
  wire.set(messageBytes, 1 + count * 64);
  return wire;
}

function wireOf(transaction: TransactionLike): Uint8Array {
  if (transaction instanceof Uint8Array) return transaction;
  return withSignatures(transaction.messageBytes, Object.keys(transaction.signatures).length);
}

/** One text for equal values, whatever the order of their fields. */
const show = (value: unknown): string =>
  JSON.stringify(value, (_, v) => {
    if (typeof v === "bigint") return `${v}n`;
    if (v instanceof Uint8Array) return Buffer.from(v).toString("hex");
    if (v === null || typeof v !== "object" || Array.isArray(v)) return v;
    return Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)));
  });

function isFeesOnly(ours: ExecutionResult): boolean {
  return ours.landed && typeof ours.error === "string";
}

/** Same error, or the one litesvm gives where Agave gives ours. */
function sameError(agave: TransactionErrorJson | null, ours: TransactionErrorJson | null, adopted: string[]): boolean {
  if (show(agave) === show(ours)) return true;
  if (ours === "ProgramAccountNotFound" && agave === "InvalidProgramForExecution") {
    adopted.push("a program that does not exist: ProgramAccountNotFound");
    return true;
  }
  return false;
}

/** Programs whose accounts are not what Agave has: built in. */
const NATIVE_HERE = new Set([
  "Ed25519SigVerify111111111111111111111111111",
  "KeccakSecp256k11111111111111111111111111111",
  "Secp256r1SigVerify1111111111111111111111111",
  "11111111111111111111111111111111",
  "Vote111111111111111111111111111111111111111",
  "ComputeBudget111111111111111111111111111111",
  "BPFLoader1111111111111111111111111111111111",
  "BPFLoader2111111111111111111111111111111111",
  "BPFLoaderUpgradeab1e11111111111111111111111",
]);

const PROGRAM_DATA = carriedAddresses(0).filter(
  (address) => !realProgramAddresses(ALL_REAL_PROGRAMS).includes(address),
);

export class Conformance {
  readonly agave = new Agave();
  readonly ours = new Ours();
  /** Programs that run from their real ELFs here too, where they are native otherwise (shared/protocol/real-programs.ts). */
  realPrograms = 0;
  private slot = 1_000;
  private unixTimestamp = 1_700_000_000;
  private readonly hashes: string[] = [];
  /** Accounts that are not compared. */
  private readonly hidden: ReadonlySet<string>;
  private epochHash: Uint8Array | undefined;

  /** `realPrograms`: flags of those that run from their ELFs on our side too, as a genesis has them (shared/protocol/real-programs.ts). */
  static async create({ realPrograms = 0 } = {}): Promise<Conformance> {
    const c = new Conformance(realPrograms);
    if (!realPrograms) return c;
    const accounts = decodeAccountList(STANDARD_PROGRAMS)!;
    // Agave's runtime here loads a program when its account is set: program data go first.
    for (const { key, ...account } of accounts.sort((a, b) => Number(a.executable) - Number(b.executable))) {
      c.setAccount(key, account);
    }
    return c;
  }

  private constructor(flags: number) {
    this.realPrograms = flags;
    for (const { key } of decodeAccountList(CARRIED)!) {
      const theirs = this.agave.account(key);
      const mine = this.ours.account(key)!;
      // Memo 4 is not there; the others have another rent epoch and another slot of deployment.
      if (!theirs) this.agave.setAccount(key, mine);
      else if (mine.executable) this.ours.setAccount(key, theirs);
    }
    this.hidden = new Set([...NATIVE_HERE, ...(flags ? [] : PROGRAM_DATA)]);
    for (let i = 0; i < 3; i++) this.advance();
  }

  /** To the next slot, with a new blockhash. */
  advance(slots = 1): void {
    for (let i = 0; i < slots; i++) {
      this.agave.svm.expireBlockhash();
      this.hashes.unshift(this.agave.svm.latestBlockhash());
      this.hashes.splice(512);
      this.slot += 1;
      this.unixTimestamp += 1;
    }
    this.publish();
  }

  /** Many slots later, with the blockhashes there are. */
  skip(slots: number): void {
    this.slot += slots;
    this.unixTimestamp += slots;
    this.publish();
  }

  private publish(): void {
    this.agave.setContext({
      slot: this.slot,
      unixTimestamp: this.unixTimestamp,
      hashes: this.hashes.map((hash, i) => ({ slot: BigInt(this.slot - 1 - i), hash })),
    });
  }

  currentSlot(): number {
    return this.slot;
  }
  latestBlockhash(age = 0): string {
    return this.hashes[age]!;
  }

  context(): SlotContextFields {
    return {
      slot: this.slot,
      view: 0,
      unixTimestamp: this.unixTimestamp,
      epochStartTimestamp: 0,
      hashes: this.hashes.map((hash) => new Uint8Array(getBase58Encoder().encode(hash))),
      flags: this.realPrograms,
      ...(this.epochHash && { epochHash: this.epochHash }),
    };
  }

  /** The stakes of the epoch from now on: an epoch record (docs/interfaces.md section 3), of which Agave's side shows the history. */
  setStakes(record: Uint8Array): void {
    const input = record.length > 0 ? this.ours.wasm.call("engineEpoch", record) : 0;
    if (input !== 0) throw new Error(`engineEpoch answered ${input}`);
    this.epochHash = record.length > 0 ? sha256(record) : undefined;
    const data = new Uint8Array(8 + 512 * 32);
    const entries = record.length > 0 ? new DataView(record.buffer, record.byteOffset).getUint32(24, true) : 0;
    data[0] = entries & 255;
    data[1] = entries >> 8;
    data.set(record.subarray(32, 32 + entries * 32), 8);
    const sysvar = { lamports: 114_979_200n, data, executable: false, rentEpoch: 2n ** 64n - 1n };
    this.agave.setAccount(keyBytes(STAKE_HISTORY), { ...sysvar, owner: keyBytes(SYSVARS) });
  }

  setAccount(key: Key, account: Partial<Omit<AccountState, "owner">> & { owner?: Key }): void {
    const full: AccountState = {
      lamports: account.lamports ?? 0n,
      owner: keyBytes(account.owner ?? SYSTEM),
      data: account.data ?? new Uint8Array(0),
      executable: account.executable ?? false,
      rentEpoch: account.rentEpoch ?? 2n ** 64n - 1n,
    };
    this.agave.setAccount(keyBytes(key), full);
    this.ours.setAccount(keyBytes(key), full);
  }

  fund(key: Key, lamports: bigint): void {
    this.setAccount(key, { lamports });
  }

  /** As it is on our side; null where there is none. */
  account(key: Key): AccountState | null {
    return this.ours.account(keyBytes(key));
  }
  lamports(key: Key): bigint {
    return this.account(key)?.lamports ?? 0n;
  }

  /** Wire bytes with zero signatures. */
  transaction(input: TransactionInput): Uint8Array {
    const message = pipe(
      createTransactionMessage({ version: (input.version ?? "legacy") as 0 }),
      (m) => setTransactionMessageFeePayer(keyAddress(input.payer), m),
      (m) =>
        setTransactionMessageLifetimeUsingBlockhash(
          { blockhash: (input.blockhash ?? this.hashes[0]!) as never, lastValidBlockHeight: 2n ** 63n },
          m,
        ),
      (m) => appendTransactionMessageInstructions(input.instructions as Instruction[], m),
      (m) => (input.config ? (setTransactionMessageConfig(input.config, m as never) as unknown as typeof m) : m),
    );
    const compressed = input.lookupTables
      ? compressTransactionMessageUsingAddressLookupTables(message as never, input.lookupTables as never)
      : message;
    const compiled = compileTransactionMessage(compressed as Parameters<typeof compileTransactionMessage>[0]);
    const bytes = getCompiledTransactionMessageEncoder().encode(compiled);
    return withSignatures(bytes as Uint8Array, compiled.header.numSignerAccounts);
  }

  /** Runs the transaction on both sides and compares; both go on from their own state (made equal where `adopted` says so). */
  both(transaction: TransactionLike): Comparison {
    const wire = wireOf(transaction);
    const before = this.ours;
    const executed = before.execute(wire, this.context());
    const agave = this.agave.send(wire);
    const differences: string[] = [];
    const adopted: string[] = [];
    this.compareOutcome(agave, executed.result, differences, adopted);
    this.adopt(executed, agave, adopted);
    this.compareAccounts(executed, differences);
    return { agave, ours: executed.result, differences, adopted };
  }

  expectSame(transaction: TransactionLike): Comparison {
    const comparison = this.both(transaction);
    if (comparison.differences.length) {
      const { agave, ours } = comparison;
      const context = `agave: ${show(agave.error)}\n  ${agave.logs.join("\n  ")}\nours: ${show(ours.error)}\n  ${ours.logs.join("\n  ")}`;
      throw new Error(`differs from Agave:\n${comparison.differences.join("\n")}\n${context}`);
    }
    return comparison;
  }

  /** expectSame, and the error (null: success) is this one. */
  expect(transaction: TransactionLike, error: TransactionErrorJson | null): Comparison {
    const comparison = this.expectSame(transaction);
    if (show(comparison.ours.error) !== show(error)) {
      throw new Error(
        `expected ${show(error)}, both answer ${show(comparison.ours.error)}\n${comparison.ours.logs.join("\n")}`,
      );
    }
    return comparison;
  }

  private compareOutcome(agave: AgaveResult, ours: ExecutionResult, differences: string[], adopted: string[]): void {
    const check = (what: string, theirs: unknown, mine: unknown): void => {
      if (show(theirs) !== show(mine)) differences.push(`${what}: agave ${show(theirs)}, ours ${show(mine)}`);
    };
    if (!sameError(agave.error, ours.error, adopted)) check("error", agave.error, ours.error);
    if (!ours.landed || isFeesOnly(ours)) return;
    check("compute units", agave.computeUnits, ours.computeUnits);
    check("logs", agave.logs, ours.logs);
    check("return data", agave.returnData, ours.returnData);
    check("inner instructions", agave.inner, ours.inner);
  }

  /** Brings litesvm to what Agave would have stored, where it is known to differ. */
  private adopt(executed: Executed, agave: AgaveResult, adopted: string[]): void {
    const { result, record } = executed;
    if (!record || !result.landed) return;
    const payer = record.accountKeys[0]!;
    if (isFeesOnly(result)) {
      const account = this.agave.account(payer);
      if (account) {
        adopted.push("the fee of a transaction that could not be loaded");
        this.agave.setAccount(payer, { ...account, lamports: account.lamports - result.fee });
      }
    }
    const blockhash = decoder.decode(record.recentBlockhash);
    if (!this.hashes.slice(0, 151).includes(blockhash)) {
      const nonce = record.accountKeys[record.instructions[0]!.accounts[0]!]!;
      const account = this.agave.account(nonce);
      const data = this.ours.account(nonce)?.data;
      if (account && data && (agave.error !== null || account.data.length === 80)) {
        adopted.push("the value of the durable nonce");
        this.agave.setAccount(nonce, { ...account, data });
      }
    }
  }

  private compareAccounts(executed: Executed, differences: string[]): void {
    for (const key of executed.record?.accountKeys ?? []) {
      const name = decoder.decode(key);
      const theirs = this.agave.account(key);
      if (name.startsWith("Sysvar") || this.hidden.has(name)) continue;
      const mine = this.ours.account(key);
      if (show(theirs) !== show(mine))
        differences.push(`account ${name}:\n  agave ${show(theirs)}\n  ours  ${show(mine)}`);
    }
  }
}
