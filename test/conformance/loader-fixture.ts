/** The upgradeable loader's instructions and accounts as bytes, and a world with a payer, an authority and real programs to deploy. */
import {
  type Address,
  address,
  getAddressEncoder,
  getProgramDerivedAddress,
  type Instruction,
  isSignerRole,
  isWritableRole,
  type ProgramDerivedAddressBump,
} from "@solana/kit";
import type { TransactionErrorJson } from "../../shared/errors/transaction-error.ts";
import { Conformance, instruction, type Key, keyBytes, SYSTEM, testKey } from "./harness.ts";
import { type Accounts, createAccount, RENT, u32, u64 } from "./harness-system.ts";
import { encodeTransaction } from "./random-wire.ts";

export const LOADER = address("BPFLoaderUpgradeab1e11111111111111111111111");
export const LOADER_V1 = address("BPFLoader1111111111111111111111111111111111");
export const LOADER_V2 = address("BPFLoader2111111111111111111111111111111111");
export const CLOCK = address("SysvarC1ock11111111111111111111111111111111");
const MEMO_V1 = address("Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo");
const MEMO = address("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");

export const BUFFER_METADATA = 37;
export const PROGRAM_SIZE = 36;
export const PROGRAMDATA_METADATA = 45;
export const UNITS = 2_370;
export const rent = (space: number): bigint => (128n + BigInt(space)) * 6960n;
export const failed = (error: unknown, index = 0): TransactionErrorJson =>
  ({ InstructionError: [index, error] }) as TransactionErrorJson;

// ── instructions, every field free to be wrong ─────────────────────────────────────────────────────────────────────

export const loader = (accounts: Accounts, data: ArrayLike<number>): Instruction => instruction(LOADER, accounts, data);
export const initializeBuffer = (accounts: Accounts): Instruction => loader(accounts, u32(0));
export const write = (accounts: Accounts, offset: number, bytes: ArrayLike<number>): Instruction =>
  loader(accounts, [...u32(1), ...u32(offset), ...u64(BigInt(bytes.length)), ...Array.from(bytes)]);
export const deploy = (accounts: Accounts, maxDataLen: bigint | number): Instruction =>
  loader(accounts, [...u32(2), ...u64(BigInt(maxDataLen))]);
export const upgrade = (accounts: Accounts): Instruction => loader(accounts, u32(3));
export const setAuthority = (accounts: Accounts): Instruction => loader(accounts, u32(4));
export const close = (accounts: Accounts): Instruction => loader(accounts, u32(5));
export const extend = (accounts: Accounts, bytes: number): Instruction => loader(accounts, [...u32(6), ...u32(bytes)]);
export const setAuthorityChecked = (accounts: Accounts): Instruction => loader(accounts, u32(7));

// ── account data ───────────────────────────────────────────────────────────────────────────────────────────────────

const option = (authority: Key | null): number[] => (authority === null ? [0] : [1, ...keyBytes(authority)]);
/** `state` with a program behind its `metadata` bytes. */
function account(metadata: number, state: number[], program: ArrayLike<number>): Uint8Array {
  const data = new Uint8Array(metadata + program.length);
  data.set(state);
  data.set(Array.from(program), metadata);
  return data;
}
export const bufferData = (authority: Key | null, program: ArrayLike<number> = []): Uint8Array =>
  account(BUFFER_METADATA, [...u32(1), ...option(authority)], program);
export const programData = (programdata: Key): Uint8Array => Uint8Array.from([...u32(2), ...keyBytes(programdata)]);
export const programdataData = (slot: number, authority: Key | null, program: ArrayLike<number> = []): Uint8Array =>
  account(PROGRAMDATA_METADATA, [...u32(3), ...u64(BigInt(slot)), ...option(authority)], program);

export async function programdataOf(program: Address): Promise<Address> {
  const seeds = [getAddressEncoder().encode(program)];
  const [derived]: readonly [Address, ProgramDerivedAddressBump] = await getProgramDerivedAddress({
    programAddress: LOADER,
    seeds,
  });
  return derived;
}

// ── the world ──────────────────────────────────────────────────────────────────────────────────────────────────────

export const payer = testKey(1);
export const authority = testKey(2);
export const other = testKey(3);
export const buffer = testKey(4);
export const program = testKey(5);
export const spill = testKey(6);
export const programdata = await programdataOf(program);
const SOL = 10n ** 9n;

export class LoaderWorld {
  readonly c: Conformance;
  /** Real programs: 17,280 and 2,304 bytes. */
  readonly memoV1: Uint8Array;
  readonly memo: Uint8Array;

  static async create(): Promise<LoaderWorld> {
    return new LoaderWorld(await Conformance.create());
  }

  private constructor(c: Conformance) {
    this.c = c;
    for (const key of [payer, authority, other]) c.fund(key, 100n * SOL);
    this.memoV1 = this.elf(MEMO_V1);
    this.memo = this.elf(MEMO);
  }

  /** ELF of a program that Agave's runtime has in loaders v1 and v2. */
  elf(id: Key): Uint8Array {
    return this.c.agave.account(keyBytes(id))!.data;
  }

  /** Also with a program that is invoked and written, which client libraries refuse. */
  wire(instructions: readonly Instruction[]): Uint8Array {
    const blockhash = this.c.context().hashes[0]!;
    const plain = instructions.map(({ programAddress, accounts = [], data = [] }) => ({
      program: keyBytes(programAddress),
      accounts: accounts.map(({ address, role }) => ({
        key: keyBytes(address),
        signer: isSignerRole(role),
        writable: isWritableRole(role),
      })),
      data: Uint8Array.from(data),
    }));
    return encodeTransaction(keyBytes(payer), plain, blockhash, () => new Uint8Array(64));
  }

  run(instructions: Instruction | Instruction[], error: TransactionErrorJson | null) {
    return this.c.expect(this.wire([instructions].flat()), error);
  }

  /** An account of the loader with just enough lamports. */
  set(key: Key, data: Uint8Array, lamports = rent(data.length), owner: Key = LOADER, executable = false): void {
    this.c.setAccount(key, { lamports, data, owner, executable });
  }

  setBuffer(bytes: ArrayLike<number> = this.memo, holder: Key | null = authority): void {
    this.set(buffer, bufferData(holder, bytes));
  }

  /** A program that was deployed in an earlier slot, with `room` bytes of zeros behind it. */
  setProgram(bytes: Uint8Array = this.memo, holder: Key | null = authority, room = 0, slot?: number): void {
    const data = programdataData(slot ?? this.c.currentSlot() - 1, holder, [...bytes, ...new Uint8Array(room)]);
    this.set(programdata, data);
    this.set(program, programData(programdata), rent(PROGRAM_SIZE), LOADER, true);
  }

  /** Two instructions, as every client sends them: create the account, initialize it. */
  createBuffer(size: number): Instruction[] {
    return [
      createAccount(
        [
          [payer, "ws"],
          [buffer, "ws"],
        ],
        rent(BUFFER_METADATA + size),
        BigInt(BUFFER_METADATA + size),
        LOADER,
      ),
      initializeBuffer([
        [buffer, "w"],
        [authority, "r"],
      ]),
    ];
  }

  createProgram(): Instruction {
    return createAccount(
      [
        [payer, "ws"],
        [program, "ws"],
      ],
      rent(PROGRAM_SIZE),
      BigInt(PROGRAM_SIZE),
      LOADER,
    );
  }
}

export const deployAccounts: Accounts = [
  [payer, "ws"],
  [programdata, "w"],
  [program, "w"],
  [buffer, "w"],
  [RENT, "r"],
  [CLOCK, "r"],
  [SYSTEM, "r"],
  [authority, "rs"],
];
export const upgradeAccounts: Accounts = [
  [programdata, "w"],
  [program, "w"],
  [buffer, "w"],
  [spill, "w"],
  [RENT, "r"],
  [CLOCK, "r"],
  [authority, "rs"],
];
export const extendAccounts: Accounts = [
  [programdata, "w"],
  [program, "w"],
  [SYSTEM, "r"],
  [payer, "ws"],
];
/** `accounts` with those at some places replaced. */
export const instead = (accounts: Accounts, changes: Record<number, [Key, string]>): Accounts =>
  accounts.map((entry, i) => changes[i] ?? entry);
