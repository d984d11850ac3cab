/** One instruction of an sBPF program. Stub: see docs/svm.md for the contract. */
/** The frame is pushed, "invoke" is not logged yet. 0, ERR_..., or -ERR_... when the failure is logged already. */
export function sbpfRun(programIndex: u32): i32 {
  return 0;
}
