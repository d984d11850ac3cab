/**
 * The accounts of a program that is there from the genesis on, as solana-test-validator makes them:
 *
 *   --program               id: owner BPFLoader2, executable, data = ELF
 *   --upgradeable-program   id: owner BPFLoaderUpgradeab1e, executable, data = u32 2, address of the program data
 *                           program data: u32 3, u64 slot 0, u8 has an authority, its address, ELF from byte 45
 */
import { createHash } from "node:crypto";
import { viewOf } from "../../shared/protocol/bytes.ts";
import { BPF_LOADER_2, BPF_LOADER_UPGRADEABLE, keyBytes } from "../../shared/rpc/keys.ts";
import {
  newProgramData,
  PROGRAM_DATA_HEADER,
  programState,
  setUpgradeAuthority,
} from "../../shared/rpc/program-data.ts";
import { type Account, MAX_ACCOUNT_DATA } from "../../shared/state/accounts.ts";
import { findProgramAddress } from "../../shared/svm/program-address.ts";
import { RENT_EPOCH_EXEMPT, rentExemptLamports } from "../../shared/svm/rent.ts";
import { Failure } from "../network/failure.ts";
import { tooLarge } from "./account-file.ts";
import { readInput } from "./key-file.ts";

const ELF_MAGIC = 0x7f454c46;
const ELF_CLASS_64 = 2;
const ELF_LITTLE_ENDIAN = 1;
/** e_machine of programs: EM_BPF, and EM_SBPF of newer tools. */
const MACHINES = [247, 263];
const ELF_HEADER = 64;

const sha256 = (...parts: readonly Uint8Array[]): Uint8Array => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};

/** The program data account of an upgradeable program. */
export function programDataAddress(programId: Uint8Array): Uint8Array {
  return findProgramAddress(sha256, [programId], keyBytes(BPF_LOADER_UPGRADEABLE)).address;
}

/** Bytes of an ELF for the Solana VM; throws a Failure for anything else. Whether it can run is the loader's to say. */
export function readProgramFile(path: string): Uint8Array {
  const bytes = new Uint8Array(readInput(path));
  checkElf(bytes, path);
  return bytes;
}

/** `name`: for the Failure that is thrown where the bytes are no ELF for the Solana VM. */
export function checkElf(bytes: Uint8Array, name: string): void {
  const refused = (why: string) => new Failure("not-a-program", `${name} is no Solana program: ${why}`);
  const view = viewOf(bytes);
  if (bytes.length < ELF_HEADER || view.getUint32(0) !== ELF_MAGIC) throw refused("it is not an ELF file");
  const machine = view.getUint16(18, true);
  if (bytes[4] !== ELF_CLASS_64 || bytes[5] !== ELF_LITTLE_ENDIAN || !MACHINES.includes(machine)) {
    throw refused(`it is an ELF file for another machine (${machine}); build it with cargo build-sbf`);
  }
}

const account = (key: Uint8Array, owner: string, executable: boolean, data: Uint8Array): Account => ({
  key,
  owner: keyBytes(owner),
  lamports: rentExemptLamports(data.length),
  rentEpoch: RENT_EPOCH_EXEMPT,
  executable,
  data,
});

/** A program that can never change. */
export function finalProgram(id: Uint8Array, path: string): Account[] {
  const elf = readProgramFile(path);
  if (elf.length > MAX_ACCOUNT_DATA) throw tooLarge(path, elf.length);
  return [account(id, BPF_LOADER_2, true, elf)];
}

/** `authority` null: nobody can upgrade it. */
export function upgradeableProgram(id: Uint8Array, path: string, authority: Uint8Array | null): Account[] {
  return upgradeableElf(id, readProgramFile(path), path, authority);
}

/** `name`: for messages. */
export function upgradeableElf(id: Uint8Array, elf: Uint8Array, name: string, authority: Uint8Array | null): Account[] {
  const programData = newProgramData(elf.length);
  if (programData.length > MAX_ACCOUNT_DATA) throw tooLarge(name, programData.length);
  setUpgradeAuthority(programData, authority);
  programData.set(elf, PROGRAM_DATA_HEADER);
  const address = programDataAddress(id);
  return [
    account(id, BPF_LOADER_UPGRADEABLE, true, programState(address)),
    account(address, BPF_LOADER_UPGRADEABLE, false, programData),
  ];
}
