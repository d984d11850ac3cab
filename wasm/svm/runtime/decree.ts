/**
 * Changes of accounts that no program may make on Agave: whoever owns the account, without a check. For the program of development networks.
 * Account `i` is that of the running instruction, as in frame.ts.
 */
import { ACC_DATA, ACC_RENT_EPOCH } from "../../state/account";
import {
  txaDecree,
  txaRecord,
  txaResize,
  txaSetExecutable,
  txaSetLamports,
  txaSetOwner,
  txaTouch,
  txaTouchData,
} from "./accounts";
import { programsDecreed } from "../sbpf/programs";
import { ixIndex } from "./frame";

/** At the end of the transaction account `i` is left as it is: no rule about rent applies to it. */
export function decree(i: u32): void {
  txaDecree(ixIndex(i));
}

export function decreeLamports(i: u32, v: u64): void {
  txaSetLamports(ixIndex(i), v);
}

export function decreeOwner(i: u32, key: usize): void {
  txaSetOwner(ixIndex(i), key);
}

export function decreeExecutable(i: u32, executable: bool): void {
  txaSetExecutable(ixIndex(i), executable);
}

export function decreeRentEpoch(i: u32, epoch: u64): void {
  txaTouch(ixIndex(i));
  store<u64>(txaRecord(ixIndex(i)), epoch, ACC_RENT_EPOCH);
}

/** Gives account `i` `len` bytes of data, at most what an account may have; those it has already stay. Where they are. */
export function decreeData(i: u32, len: u32): usize {
  const index = ixIndex(i);
  txaTouchData(index);
  programsDecreed();
  txaResize(index, len);
  return load<u32>(txaRecord(index), ACC_DATA);
}
