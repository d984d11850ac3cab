/** Input of a program. Stub: see docs/svm.md for the contract. */
/** Builds the input region of the running instruction: an address in scratch memory; length in inputLength(). 0: lastError(). */
export function serializeInput(aligned: bool): usize {
  return 0;
}
export function inputLength(): u32 {
  return 0;
}
/** Checks what the program made of its accounts and writes it back: 0 or ERR_... */
export function deserializeInput(): i32 {
  return 0;
}
