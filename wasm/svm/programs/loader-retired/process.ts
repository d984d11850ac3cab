/** Loaders v1 and v2 as programs: what they deployed still runs, they deploy nothing more (Agave 4.2 programs/bpf_loader/src/lib.rs). */
import { ERR_COMPUTATIONAL_BUDGET_EXCEEDED, ERR_UNSUPPORTED_PROGRAM_ID } from "../../errors";
import { consume, logText } from "../../runtime/context";

const LOADER_V1_UNITS: u64 = 1_140;
const LOADER_V2_UNITS: u64 = 570;

export function processLoaderV1(): i32 {
  if (!consume(LOADER_V1_UNITS)) return ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
  logText("Deprecated loader is no longer supported");
  return ERR_UNSUPPORTED_PROGRAM_ID;
}

export function processLoaderV2(): i32 {
  if (!consume(LOADER_V2_UNITS)) return ERR_COMPUTATIONAL_BUDGET_EXCEEDED;
  logText("BPF loader management instructions are no longer supported");
  return ERR_UNSUPPORTED_PROGRAM_ID;
}
