/**
 * Deploying and upgrading, as `solana program deploy` does it:
 *
 *   create + InitializeBuffer ─▶ Write, many at once (uploader.ts) ─▶ create + DeployWithMaxDataLen, or Upgrade
 *
 * The buffer's key is derived from the authority's key, the chain, the program's address and the file: the same command again finds
 * what an interrupted one has left, and nothing needs to be kept.
 */
import { createHash } from "node:crypto";
import {
  type Address,
  createKeyPairSignerFromPrivateKeyBytes,
  type Instruction,
  type KeyPairSigner,
} from "@solana/kit";
import type { Chain, ChainAccount } from "./chain.ts";
import { ProgramError } from "./errors.ts";
import {
  BUFFER_HEADER,
  createBuffer,
  deploy,
  extendProgram,
  LOADER_V2,
  LOADER_V3,
  loaderState,
  PROGRAM_DATA_HEADER,
  PROGRAM_SIZE,
  programDataOf,
  setAuthority,
  upgrade,
} from "./loader.ts";
import { sendOne } from "./transaction.ts";
import { chunkSize, missingChunks, upload } from "./uploader.ts";

/** Bytes of data an account may have. */
const MAX_ACCOUNT_DATA = 10 * 1024 * 1024;
const LAMPORTS_PER_SIGNATURE = 5_000n;
/** ExtendProgram adds at least so many bytes, unless the account becomes as large as one can be (SIMD-0431). */
const LEAST_EXTENSION = 10_240;
const SLOT_POLL_MS = 40;
/** Several slots of Solana. */
const SLOT_POLLS = 75;

export interface Wallets {
  readonly payer: KeyPairSigner;
  readonly authority: KeyPairSigner;
}

export interface DeployRequest extends Wallets {
  readonly elf: Uint8Array;
  /** A signer can become a new program; an address must be a program. */
  readonly program: Address | KeyPairSigner;
  /** Instead of the derived one: an interrupted deployment's, or an address with the whole program in it. */
  readonly buffer?: KeyPairSigner | Address | undefined;
  /** Bytes that a new program may grow to; its own length when absent. */
  readonly maxLength?: number | undefined;
  /** Nobody can upgrade it afterwards. */
  readonly final?: boolean | undefined;
}

export interface Report {
  /** `there` of `all` chunks are in the buffer. */
  progress(there: number, all: number): void;
  say(line: string): void;
}

export interface Deployed {
  readonly program: Address;
  readonly upgraded: boolean;
  readonly signature: string;
  /** Write transactions that were needed. */
  readonly writes: number;
}

const addressOfKey = (key: Address | KeyPairSigner): Address => (typeof key === "string" ? key : key.address);

/** Of a program's length, for people. */
const kib = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`;

export async function derivedBuffer(
  chain: Chain,
  authoritySeed: Uint8Array,
  target: string,
  elf: Uint8Array,
): Promise<KeyPairSigner> {
  const hash = createHash("sha256").update("infinisvm-program-buffer").update(authoritySeed);
  hash.update(`${await chain.genesisHash()} ${target} `).update(createHash("sha256").update(elf).digest());
  return createKeyPairSignerFromPrivateKeyBytes(new Uint8Array(hash.digest()));
}

/** The upgradeable program behind an address; null: there is no account. Throws a ProgramError for any other account. */
export async function findProgram(
  chain: Chain,
  program: Address,
): Promise<{ readonly dataAddress: Address; readonly data: ChainAccount; readonly authority: Address | null } | null> {
  const account = await chain.account(program);
  if (account === null) return null;
  if (account.owner === LOADER_V2)
    throw new ProgramError("final", `program ${program} is of loader v2 and never changes`);
  const state = account.owner === LOADER_V3 ? loaderState(account.data) : null;
  if (state?.kind !== "program") {
    throw new ProgramError("not-a-program-account", `${program} is an account, but not of an upgradeable program`);
  }
  const data = await chain.account(state.programData);
  const dataState = data && loaderState(data.data);
  if (dataState?.kind !== "programData") throw new ProgramError("program-closed", `program ${program} has been closed`);
  return { dataAddress: state.programData, data: data!, authority: dataState.authority };
}

/** What a new deployment or an upgrade needs to have, checked before anything is sent. */
async function checkFunds(chain: Chain, payer: Address, needed: bigint, what: string): Promise<void> {
  const balance = (await chain.account(payer))?.lamports ?? 0n;
  if (balance >= needed) return;
  const text = `${payer} has ${balance} lamports; ${what} needs ${needed} at first`;
  throw new ProgramError("insufficient-funds", `${text} (--airdrop asks the network's faucet)`);
}

interface BufferPlan {
  readonly address: Address;
  /** To create it with; empty: it is there. */
  readonly create: readonly Instruction[];
  readonly signers: readonly KeyPairSigner[];
  readonly lamports: bigint;
  /** Lamports for the fees of all writes that are missing. */
  readonly fees: bigint;
  /** Bytes that will be the program's: all that the buffer has room for. */
  readonly length: number;
}

/** `room`: bytes of the account whose rent the buffer brings along. */
async function planBuffer(
  chain: Chain,
  { payer, authority }: Wallets,
  key: KeyPairSigner | Address,
  elf: Uint8Array,
  room: number,
): Promise<BufferPlan> {
  const address = addressOfKey(key);
  const signatures = payer.address === authority.address ? 1n : 2n;
  const feesOf = (there: Uint8Array): bigint => {
    const missing = missingChunks(elf, there, chunkSize(payer.address, authority.address));
    return BigInt(missing.length) * signatures * LAMPORTS_PER_SIGNATURE;
  };
  const account = await chain.account(address);
  if (account === null) {
    if (typeof key === "string") throw new ProgramError("no-such-account", `buffer ${address} is not there`);
    const lamports = await chain.rentExempt(room);
    const parts = { payer: payer.address, buffer: address, authority: authority.address, lamports, length: elf.length };
    const fees = feesOf(new Uint8Array(elf.length));
    return { address, create: createBuffer(parts), signers: [payer, key], lamports, fees, length: elf.length };
  }
  const state = account.owner === LOADER_V3 ? loaderState(account.data) : null;
  if (state?.kind !== "buffer") {
    throw new ProgramError("buffer-in-use", `${address} is in use and is no buffer; give another --buffer`);
  }
  if (state.authority !== authority.address) {
    const text = `the authority of buffer ${address} is ${state.authority ?? "nobody"}, not ${authority.address}`;
    throw new ProgramError("wrong-authority", text);
  }
  if (account.data.length < BUFFER_HEADER + elf.length) {
    const text = `buffer ${address} has room for ${account.data.length - BUFFER_HEADER} bytes, not for ${elf.length}`;
    throw new ProgramError("buffer-too-small", text);
  }
  const there = account.data.subarray(BUFFER_HEADER);
  if (there.subarray(elf.length).some((byte) => byte !== 0)) {
    throw new ProgramError("buffer-in-use", `buffer ${address} holds a longer program; close it, or give another`);
  }
  return { address, create: [], signers: [], lamports: 0n, fees: feesOf(there), length: there.length };
}

/** Makes the buffer if it is not there, and writes what is missing. */
async function fillBuffer(
  chain: Chain,
  wallets: Wallets,
  plan: BufferPlan,
  elf: Uint8Array,
  report: Report,
): Promise<number> {
  if (plan.create.length > 0) await sendOne(chain, "creating the buffer", plan.create, plan.signers);
  const parts = { buffer: plan.address, ...wallets, program: elf, onProgress: report.progress };
  return (await upload(chain, parts, () => performance.now())).writes;
}

const distinct = (...signers: readonly KeyPairSigner[]): KeyPairSigner[] => [
  ...new Map(signers.map((signer) => [signer.address, signer])).values(),
];

/**
 * Waits for the slot after the deployment's, which is when the program can be called. Not for ever: a chain that is idle with its clock
 * paused makes no slot before the next transaction, and that one is in a later slot.
 */
async function afterSlot(chain: Chain, slot: bigint): Promise<void> {
  for (let polls = 0; polls < SLOT_POLLS && (await chain.slot()) <= slot; polls++) await chain.sleep(SLOT_POLL_MS);
}

/** Deploys a new program, or upgrades the one that is there. Back when it can be called. */
export async function deployProgram(
  chain: Chain,
  request: DeployRequest,
  authoritySeed: Uint8Array,
  report: Report,
): Promise<Deployed> {
  const { elf, payer, authority } = request;
  const wallets = { payer, authority };
  const program = addressOfKey(request.program);
  const room = PROGRAM_DATA_HEADER + Math.max(elf.length, request.maxLength ?? 0);
  if (room > MAX_ACCOUNT_DATA) {
    throw new ProgramError("program-too-large", `${kib(room)} are more than an account can have (10 MiB)`);
  }
  if (request.maxLength !== undefined && request.maxLength < elf.length) {
    throw new ProgramError(
      "program-too-large",
      `the program has ${elf.length} bytes, --max-len says ${request.maxLength}`,
    );
  }
  const there = await findProgram(chain, program);
  if (there) checkAuthority(program, there.authority, authority.address);
  else if (typeof request.program === "string") {
    throw new ProgramError(
      "needs-key",
      `${program} is no program yet: to make it one, --program-id must be its key file`,
    );
  }
  const buffer = request.buffer ?? (await derivedBuffer(chain, authoritySeed, program, elf));
  const bufferRoom = there ? BUFFER_HEADER + elf.length : room;
  const plan = await planBuffer(chain, wallets, buffer, elf, bufferRoom);
  const programRent = there ? 0n : await chain.rentExempt(PROGRAM_SIZE);
  const fees = plan.fees + LAMPORTS_PER_SIGNATURE * 8n;
  await checkFunds(chain, payer.address, plan.lamports + programRent + fees, there ? "the upgrade" : "the deployment");
  if (there) await makeRoom(chain, payer, program, there.data.data.length, plan.length, report);
  const writes = await fillBuffer(chain, wallets, plan, elf, report);
  const sent = there
    ? await sendOne(
        chain,
        "the upgrade",
        [await upgrade({ program, buffer: plan.address, authority: authority.address, spill: payer.address })],
        distinct(payer, authority),
      )
    : await sendOne(
        chain,
        "the deployment",
        await deploy({
          payer: payer.address,
          program,
          buffer: plan.address,
          authority: authority.address,
          lamports: programRent,
          maxLength: Math.max(room - PROGRAM_DATA_HEADER, plan.length),
        }),
        distinct(payer, request.program as KeyPairSigner, authority),
      );
  if (request.final) {
    const data = await programDataOf(program);
    const instruction = setAuthority(data, authority.address, undefined);
    await sendOne(chain, "making the program final", [instruction], distinct(payer, authority));
  }
  // A program is visible from the slot after its deployment on.
  await afterSlot(chain, sent.slot);
  return { program, upgraded: there !== null, signature: sent.signature, writes };
}

export function checkAuthority(what: Address, current: Address | null, given: Address): void {
  if (current === null) throw new ProgramError("final", `${what} is final: nobody can change it`);
  if (current === given) return;
  throw new ProgramError("wrong-authority", `the authority of ${what} is ${current}, not ${given}`);
}

/** Extends the program data when the new program is longer. It cannot be upgraded in the same slot. */
async function makeRoom(
  chain: Chain,
  payer: KeyPairSigner,
  program: Address,
  size: number,
  length: number,
  report: Report,
): Promise<void> {
  const missing = PROGRAM_DATA_HEADER + length - size;
  if (missing <= 0) return;
  const bytes = Math.min(Math.max(missing, LEAST_EXTENSION), MAX_ACCOUNT_DATA - size);
  report.say(`the program grows by ${kib(bytes)}`);
  const instruction = await extendProgram(payer.address, program, bytes);
  const { slot } = await sendOne(chain, "extending the program", [instruction], [payer]);
  await afterSlot(chain, slot);
}

/** Brings the program into a buffer and leaves it there; its address. */
export async function writeBuffer(
  chain: Chain,
  wallets: Wallets & { readonly elf: Uint8Array; readonly buffer?: KeyPairSigner | undefined },
  authoritySeed: Uint8Array,
  report: Report,
): Promise<{ readonly buffer: Address; readonly writes: number }> {
  const { elf } = wallets;
  const key = wallets.buffer ?? (await derivedBuffer(chain, authoritySeed, "buffer", elf));
  // What a deployment will need, so that the buffer's lamports suffice for it.
  const plan = await planBuffer(chain, wallets, key, elf, PROGRAM_DATA_HEADER + elf.length);
  const needed = plan.lamports + plan.fees + LAMPORTS_PER_SIGNATURE * 2n;
  await checkFunds(chain, wallets.payer.address, needed, "the buffer");
  const { payer, authority } = wallets;
  return { buffer: plan.address, writes: await fillBuffer(chain, { payer, authority }, plan, elf, report) };
}
