/** What can be done with a program that is deployed, and with buffers: show, dump, close, set an authority, extend. */
import type { Address, KeyPairSigner } from "@solana/kit";
import type { Chain } from "./chain.ts";
import { checkAuthority, findProgram, type Wallets } from "./deploy.ts";
import { elfLength } from "./elf-length.ts";
import { ProgramError } from "./errors.ts";
import {
  BUFFER_HEADER,
  close,
  extendProgram,
  LOADER_V2,
  LOADER_V3,
  loaderState,
  PROGRAM_DATA_HEADER,
  setAuthority,
  setAuthorityChecked,
} from "./loader.ts";
import { sendOne } from "./transaction.ts";

export interface Shown {
  readonly address: Address;
  readonly kind: "upgradeable program" | "final program" | "buffer";
  readonly owner: Address;
  readonly programData?: Address;
  /** Null: nobody. */
  readonly authority?: Address | null;
  /** In which it was deployed last. */
  readonly slot?: bigint;
  /** Of the account that has the program. */
  readonly lamports: bigint;
  /** The program's, with the zeros that a program data account ends with when it has room to grow. */
  readonly bytes: Uint8Array;
}

/** Throws a ProgramError for an account that is neither program nor buffer. */
export async function show(chain: Chain, address: Address): Promise<Shown> {
  const account = await chain.account(address);
  if (account === null) throw new ProgramError("no-such-account", `there is no account ${address}`);
  const { owner, lamports, data } = account;
  if (owner === LOADER_V2 && account.executable)
    return { address, kind: "final program", owner, lamports, bytes: data };
  const state = owner === LOADER_V3 ? loaderState(data) : null;
  if (state?.kind === "buffer") {
    return {
      address,
      kind: "buffer",
      owner,
      authority: state.authority,
      lamports,
      bytes: data.subarray(BUFFER_HEADER),
    };
  }
  if (state?.kind !== "program") {
    throw new ProgramError("not-a-program-account", `${address} is neither a program nor a buffer`);
  }
  const found = await findProgram(chain, address);
  const { dataAddress, data: programData, authority } = found!;
  const dataState = loaderState(programData.data);
  return {
    address,
    kind: "upgradeable program",
    owner,
    programData: dataAddress,
    authority,
    ...(dataState?.kind === "programData" && { slot: dataState.slot }),
    lamports: programData.lamports,
    bytes: programData.data.subarray(PROGRAM_DATA_HEADER),
  };
}

function signersOf({ payer, authority }: Wallets, ...others: KeyPairSigner[]): KeyPairSigner[] {
  return [...new Map([payer, authority, ...others].map((signer) => [signer.address, signer])).values()];
}

/** Gives the lamports of a buffer, or of a program's data, to `recipient`. A closed program's address can never be used again. */
export async function closeAccount(
  chain: Chain,
  wallets: Wallets,
  address: Address,
  recipient: Address,
  consent: boolean,
): Promise<{ readonly kind: Shown["kind"]; readonly lamports: bigint }> {
  const shown = await show(chain, address);
  if (shown.kind === "final program")
    throw new ProgramError("final", `${address} is of loader v2 and cannot be closed`);
  checkAuthority(address, shown.authority ?? null, wallets.authority.address);
  const isProgram = shown.kind === "upgradeable program";
  if (isProgram && !consent) {
    const text = `closing ${address} is for ever: no program can be deployed there again; say --bypass-warning`;
    throw new ProgramError("needs-consent", text);
  }
  const target = shown.programData ?? address;
  const instruction = close(target, recipient, wallets.authority.address, isProgram ? address : undefined);
  await sendOne(chain, "closing", [instruction], signersOf(wallets));
  return { kind: shown.kind, lamports: shown.lamports };
}

/** `next`: a signer agrees with its signature, an address does not have to; undefined: nobody, for ever. */
export async function changeAuthority(
  chain: Chain,
  wallets: Wallets,
  address: Address,
  next: Address | KeyPairSigner | undefined,
): Promise<void> {
  const shown = await show(chain, address);
  if (shown.kind === "final program")
    throw new ProgramError("final", `${address} is of loader v2 and has no authority`);
  if (shown.kind === "buffer" && next === undefined) {
    throw new ProgramError("needs-key", "a buffer cannot be made final; give --new-authority");
  }
  checkAuthority(address, shown.authority ?? null, wallets.authority.address);
  const target = shown.programData ?? address;
  const current = wallets.authority.address;
  const isSigner = typeof next === "object";
  const instruction = isSigner
    ? setAuthorityChecked(target, current, next.address)
    : setAuthority(target, current, next);
  await sendOne(chain, "setting the authority", [instruction], signersOf(wallets, ...(isSigner ? [next] : [])));
}

export async function extend(chain: Chain, payer: KeyPairSigner, program: Address, bytes: number): Promise<void> {
  const found = await findProgram(chain, program);
  if (!found) throw new ProgramError("no-such-account", `there is no account ${program}`);
  if (found.authority === null) throw new ProgramError("final", `${program} is final: nobody can change it`);
  await sendOne(chain, "extending the program", [await extendProgram(payer.address, program, bytes)], [payer]);
}

/** The program's file, without what an account has behind it. */
export function programBytes(shown: Shown): Uint8Array {
  return shown.bytes.subarray(0, elfLength(shown.bytes));
}
