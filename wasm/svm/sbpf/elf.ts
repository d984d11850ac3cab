/** ELF files of sBPF v0 to v3. Stub: see docs/svm.md for the contract. */
/** Loads and verifies [elf, elf+len): an executable, or 0 with elfError() set. `deploying`: the stricter rules of a deployment. */
export function executableLoad(elf: usize, len: u32, deploying: bool): usize {
  return 0;
}
export function executableFree(executable: usize): void {}
/** Why the last executableLoad answered 0: text as Agave logs it (Display of ElfError or VerifierError). */
export function elfErrorText(): usize {
  return 0;
}
export function elfErrorLength(): u32 {
  return 0;
}
