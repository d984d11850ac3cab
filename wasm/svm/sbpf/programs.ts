/** Loaded programs of this instance, bounded. Stub: see docs/svm.md for the contract. */
/** Executable of a program account of the transaction, or 0: it cannot run now. */
export function programExecutable(programIndex: u32): usize {
  return 0;
}
/** After a rollback nothing that was read from accounts is known any more. */
export function programsForget(): void {}
