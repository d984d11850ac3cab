// The programdata of a program, and the record that the planner makes of one that comes from a lane, both without the planner's code.
import { PublicKey } from "@solana/web3.js";
import { decodeRecord, REC } from "../../../shared/protocol/record.ts";

const LOADER = new PublicKey("BPFLoaderUpgradeab1e11111111111111111111111");
const known = new Map<string, Uint8Array>();

export function programdataOf(program: Uint8Array): Uint8Array {
  const name = Buffer.from(program).toString("hex");
  let address = known.get(name);
  if (!address) {
    address = new Uint8Array(PublicKey.findProgramAddressSync([program], LOADER)[0].toBytes());
    known.set(name, address);
  }
  return address;
}

/** The record with these implicit keys. */
export function withImplicit(record: Uint8Array, keys: readonly Uint8Array[], flags = 0): Uint8Array {
  const out = new Uint8Array(record.length + keys.length * 32);
  out.set(record);
  for (const [i, key] of keys.entries()) out.set(key, record.length + i * 32);
  new DataView(out.buffer).setUint32(REC.LEN, out.length, true);
  out[REC.NUM_IMPLICIT] = keys.length;
  out[REC.FLAGS]! |= flags;
  return out;
}

/** With the programdata of the programs that its instructions name; `isWellKnown` programs have none. */
export function planned(record: Uint8Array, isWellKnown: (key: Uint8Array) => boolean): Uint8Array {
  const { instructions, accountKeys } = decodeRecord(record);
  const programs = [...new Set(instructions.map(({ programIdIndex }) => programIdIndex))].map((i) => accountKeys[i]!);
  return withImplicit(record, programs.filter((key) => !isWellKnown(key)).map(programdataOf));
}
