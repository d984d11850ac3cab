/**
 * Instructions and accounts of the upgradeable loader (loader v3), in the bytes that the Solana CLI sends: solana-sdk
 * loader-v3-interface/src/{instruction,state}.rs; order of the instructions, lamports and size of a write: Agave cli/src/program.rs.
 */
import {
  AccountRole,
  type Address,
  address,
  getAddressDecoder,
  getAddressEncoder,
  getProgramDerivedAddress,
  type Instruction,
} from "@solana/kit";
import { PROGRAM_DATA_HEADER, PROGRAM_SIZE } from "../../shared/rpc/program-data.ts";

export const LOADER_V3 = address("BPFLoaderUpgradeab1e11111111111111111111111");
export const LOADER_V2 = address("BPFLoader2111111111111111111111111111111111");
const SYSTEM = address("11111111111111111111111111111111");
const SYSVAR_RENT = address("SysvarRent111111111111111111111111111111111");
const SYSVAR_CLOCK = address("SysvarC1ock11111111111111111111111111111111");

/** Bytes of the accounts before what they hold. */
export const BUFFER_HEADER = 37;
export { PROGRAM_DATA_HEADER, PROGRAM_SIZE };
/**
 * Program bytes in one write: what a legacy transaction of 1,232 bytes has room for beside one signature, three keys and the
 * instruction, less the byte that the CLI keeps for a longer length.
 */
export const WRITE_CHUNK = 1_012;
/** The same where payer and authority are two keys: one more signature and one more key. */
export const WRITE_CHUNK_TWO_SIGNERS = WRITE_CHUNK - 96;

const CREATE_ACCOUNT = 0;
const INITIALIZE_BUFFER = 0;
const WRITE = 1;
const DEPLOY_WITH_MAX_DATA_LEN = 2;
const UPGRADE = 3;
const SET_AUTHORITY = 4;
const CLOSE = 5;
const EXTEND_PROGRAM = 6;
const SET_AUTHORITY_CHECKED = 7;

const { READONLY, READONLY_SIGNER, WRITABLE, WRITABLE_SIGNER } = AccountRole;
type Role = AccountRole;

class Data {
  readonly #view: DataView<ArrayBuffer>;
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #at = 0;
  constructor(size: number) {
    this.#bytes = new Uint8Array(size);
    this.#view = new DataView(this.#bytes.buffer);
  }
  u32(value: number): this {
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
    return this;
  }
  u64(value: bigint): this {
    this.#view.setBigUint64(this.#at, value, true);
    this.#at += 8;
    return this;
  }
  raw(bytes: ArrayLike<number>): this {
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
    return this;
  }
  get done(): Uint8Array<ArrayBuffer> {
    return this.#bytes;
  }
}

function instruction(programAddress: Address, accounts: readonly (readonly [Address, Role])[], data: Uint8Array) {
  const metas = accounts.map(([address, role]) => ({ address, role }));
  return { programAddress, accounts: metas, data } satisfies Instruction;
}

function createAccount(payer: Address, account: Address, lamports: bigint, space: number): Instruction {
  const owner = getAddressEncoder().encode(LOADER_V3);
  const data = new Data(52).u32(CREATE_ACCOUNT).u64(lamports).u64(BigInt(space)).raw(owner).done;
  return instruction(
    SYSTEM,
    [
      [payer, WRITABLE_SIGNER],
      [account, WRITABLE_SIGNER],
    ],
    data,
  );
}

export interface CreateBuffer {
  readonly payer: Address;
  readonly buffer: Address;
  readonly authority: Address;
  readonly lamports: bigint;
  /** Bytes of the program. */
  readonly length: number;
}
export function createBuffer({ payer, buffer, authority, lamports, length }: CreateBuffer): Instruction[] {
  return [
    createAccount(payer, buffer, lamports, BUFFER_HEADER + length),
    instruction(
      LOADER_V3,
      [
        [buffer, WRITABLE],
        [authority, READONLY],
      ],
      new Data(4).u32(INITIALIZE_BUFFER).done,
    ),
  ];
}

export function write(buffer: Address, authority: Address, offset: number, bytes: Uint8Array): Instruction {
  const data = new Data(16 + bytes.length).u32(WRITE).u32(offset).u64(BigInt(bytes.length)).raw(bytes).done;
  return instruction(
    LOADER_V3,
    [
      [buffer, WRITABLE],
      [authority, READONLY_SIGNER],
    ],
    data,
  );
}

export interface Deploy {
  readonly payer: Address;
  readonly program: Address;
  readonly buffer: Address;
  readonly authority: Address;
  /** Lamports of the program account. */
  readonly lamports: bigint;
  /** Bytes that the program may grow to. */
  readonly maxLength: number;
}
export async function deploy(parts: Deploy): Promise<Instruction[]> {
  const { payer, program, buffer, authority, lamports, maxLength } = parts;
  return [
    createAccount(payer, program, lamports, PROGRAM_SIZE),
    instruction(
      LOADER_V3,
      [
        [payer, WRITABLE_SIGNER],
        [await programDataOf(program), WRITABLE],
        [program, WRITABLE],
        [buffer, WRITABLE],
        [SYSVAR_RENT, READONLY],
        [SYSVAR_CLOCK, READONLY],
        [SYSTEM, READONLY],
        [authority, READONLY_SIGNER],
      ],
      new Data(12).u32(DEPLOY_WITH_MAX_DATA_LEN).u64(BigInt(maxLength)).done,
    ),
  ];
}

export interface Upgrade {
  readonly program: Address;
  readonly buffer: Address;
  readonly authority: Address;
  /** Gets the lamports that are left over. */
  readonly spill: Address;
}
export async function upgrade({ program, buffer, authority, spill }: Upgrade): Promise<Instruction> {
  return instruction(
    LOADER_V3,
    [
      [await programDataOf(program), WRITABLE],
      [program, WRITABLE],
      [buffer, WRITABLE],
      [spill, WRITABLE],
      [SYSVAR_RENT, READONLY],
      [SYSVAR_CLOCK, READONLY],
      [authority, READONLY_SIGNER],
    ],
    new Data(4).u32(UPGRADE).done,
  );
}

/** `account`: a buffer, or the program data of a program. `next` undefined: final, nobody can change it any more. */
export function setAuthority(account: Address, current: Address, next: Address | undefined): Instruction {
  const newAuthority = next === undefined ? [] : [[next, READONLY] as const];
  const accounts = [[account, WRITABLE] as const, [current, READONLY_SIGNER] as const, ...newAuthority];
  return instruction(LOADER_V3, accounts, new Data(4).u32(SET_AUTHORITY).done);
}

/** The new authority signs too, so that a mistyped one cannot take the account. */
export function setAuthorityChecked(account: Address, current: Address, next: Address): Instruction {
  return instruction(
    LOADER_V3,
    [
      [account, WRITABLE],
      [current, READONLY_SIGNER],
      [next, READONLY_SIGNER],
    ],
    new Data(4).u32(SET_AUTHORITY_CHECKED).done,
  );
}

/** `program`: the one whose program data `account` is. */
export function close(account: Address, recipient: Address, authority: Address, program?: Address): Instruction {
  const ofProgram = program === undefined ? [] : [[program, WRITABLE] as const];
  return instruction(
    LOADER_V3,
    [[account, WRITABLE], [recipient, WRITABLE], [authority, READONLY_SIGNER], ...ofProgram],
    new Data(4).u32(CLOSE).done,
  );
}

export async function extendProgram(payer: Address, program: Address, bytes: number): Promise<Instruction> {
  return instruction(
    LOADER_V3,
    [
      [await programDataOf(program), WRITABLE],
      [program, WRITABLE],
      [SYSTEM, READONLY],
      [payer, WRITABLE_SIGNER],
    ],
    new Data(8).u32(EXTEND_PROGRAM).u32(bytes).done,
  );
}

export async function programDataOf(program: Address): Promise<Address> {
  const seeds = [getAddressEncoder().encode(program)];
  return (await getProgramDerivedAddress({ programAddress: LOADER_V3, seeds }))[0];
}

export type LoaderState =
  | { readonly kind: "buffer"; readonly authority: Address | null }
  | { readonly kind: "program"; readonly programData: Address }
  | { readonly kind: "programData"; readonly slot: bigint; readonly authority: Address | null };

/** What an account of the loader holds; null: nothing that it could use. */
export function loaderState(data: Uint8Array): LoaderState | null {
  if (data.length < 4) return null;
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const key = (at: number): Address => getAddressDecoder().decode(data, at);
  const optional = (at: number): Address | null => (data[at] === 1 ? key(at + 1) : null);
  switch (view.getUint32(0, true)) {
    case 1:
      return data.length < BUFFER_HEADER ? null : { kind: "buffer", authority: optional(4) };
    case 2:
      return data.length < PROGRAM_SIZE ? null : { kind: "program", programData: key(4) };
    case 3:
      if (data.length < PROGRAM_DATA_HEADER) return null;
      return { kind: "programData", slot: view.getBigUint64(4, true), authority: optional(12) };
    default:
      return null;
  }
}
