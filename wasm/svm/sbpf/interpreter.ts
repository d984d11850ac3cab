/** The interpreter. Stub: see docs/svm.md for the contract. */
/** Runs the machine on top (vm.ts: executable, registers, regions are set) until it returns: r0, or a fault. Takes units from the meter. */
export function interpret(): u64 {
  return 0;
}
