import { faultSyscall } from "../fault";

export function sysSecp256k1Recover(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_secp256k1_recover");
}
export function sysCurveDecompress(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_curve_decompress");
}
export function sysCurvePairingMap(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_curve_pairing_map");
}
export function sysAltBn128GroupOp(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_alt_bn128_group_op");
}
export function sysAltBn128Compression(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_alt_bn128_compression");
}
export function sysPoseidon(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_poseidon");
}
export function sysBigModExp(a: u64, b: u64, c: u64, d: u64, e: u64): u64 {
  return faultSyscall("not built yet: sol_big_mod_exp");
}
