/** The registers of the machine that runs: in one place, so that the interpreter reaches them without a base address. */
import { VM_REGISTERS, VM_SIZE, vmBase, vmLevel } from "./vm";

/** 11 x u64: r0..r10. */
export const REGS: usize = memory.data(96, 16);
const BYTES: usize = 88;

/** The machine on top gets the registers; those of the one below go to its state. */
export function registersEnter(): void {
  const base = vmBase();
  if (vmLevel() > 1) memory.copy(base - VM_SIZE + VM_REGISTERS, REGS, BYTES);
  memory.copy(REGS, base + VM_REGISTERS, BYTES);
}
export function registersLeave(): void {
  const base = vmBase();
  memory.copy(base + VM_REGISTERS, REGS, BYTES);
  if (vmLevel() > 1) memory.copy(REGS, base - VM_SIZE + VM_REGISTERS, BYTES);
}

/** Operands of a translated instruction (code.ts). */
// @ts-ignore: decorator
@inline
export function dst(at: usize): u64 {
  return load<u64>(<usize>load<u8>(at, 1), REGS);
}
// @ts-ignore: decorator
@inline
export function src(at: usize): u64 {
  return load<u64>(<usize>load<u8>(at, 4), REGS);
}
// @ts-ignore: decorator
@inline
export function imm(at: usize): u64 {
  return <u64>(<i64>load<i32>(at, 4));
}
// @ts-ignore: decorator
@inline
export function setDst(at: usize, value: u64): void {
  store<u64>(<usize>load<u8>(at, 1), value, REGS);
}
/** The same of 32 bits. */
// @ts-ignore: decorator
@inline
export function dst32(at: usize): u32 {
  return load<u32>(<usize>load<u8>(at, 1), REGS);
}
// @ts-ignore: decorator
@inline
export function src32(at: usize): u32 {
  return load<u32>(<usize>load<u8>(at, 4), REGS);
}
// @ts-ignore: decorator
@inline
export function imm32(at: usize): u32 {
  return load<u32>(at, 4);
}
