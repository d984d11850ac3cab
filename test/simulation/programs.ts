/**
 * Programs of the simulated network: counters of the upgradeable loader (an account and its programdata, on shards of their own) and of
 * loader v2, each of which adds a number of its own to the first eight bytes of an account that it owns; a program that calls another;
 * buffers to upgrade the counters from, and program accounts that are yet to be deployed.
 */
import { assemble } from "../../infra/sbpf/assemble.ts";
import { decodeBase58 } from "../../shared/rpc/base58.ts";
import type { Account } from "../../shared/state/accounts.ts";
import { type Ix, u32, u64 } from "../conformance/random-wire.ts";
import { SYSTEM } from "../conformance/random-world.ts";
import { programdataOf } from "../unit/scheduling/programdata.ts";
import { account, HOT, key, keys } from "./world.ts";

const LOADER_V2 = decodeBase58("BPFLoader2111111111111111111111111111111111")!;
const LOADER_V3 = decodeBase58("BPFLoaderUpgradeab1e11111111111111111111111")!;
const RENT = decodeBase58("SysvarRent111111111111111111111111111111111")!;
const CLOCK = decodeBase58("SysvarC1ock11111111111111111111111111111111")!;

/** Counters from the start, and by what each counts. */
export const UPGRADEABLE = keys("program", 3);
const STEPS = [1, 10, 100];
const FINAL = key("final program");
const FINAL_STEP = 1000;
/** Not deployed at the start. */
export const FRESH = keys("fresh program", 2);
const PROGRAMS = [...UPGRADEABLE, FINAL, ...FRESH];
const CALLER = key("calling program");
/** Account i is counted by program i % 6. */
export const COUNTERS = keys("counter", PROGRAMS.length * 2);
/** What counters become that are upgraded to it. */
export const BUFFERS = keys("buffer", 6);
export const BUFFER_STEPS = BUFFERS.map((_, i) => 100_000 + i);

/** `input`: numAccounts, then the first account: 8 bytes of flags, key, owner, lamports, length of its data, data. */
const counterElf = (step: number): Uint8Array =>
  assemble(`
  entrypoint:
    ldxdw r2, [r1+0]
    jeq r2, 0, done
    ldxdw r2, [r1+96]
    add64 r2, ${step}
    stxdw [r1+96], r2
  done:
    mov64 r0, 0
    exit
  .rodata
  padding: .zero 600`);

/** Calls its second account, a program, with its first, which has 16 bytes of data: instruction, account meta and account info are on the heap. */
const callerElf = (): Uint8Array =>
  assemble(`
  entrypoint:
    mov64 r6, r1
    lddw r7, 0x300000000
    mov64 r2, r6
    add64 r2, 10368        ; key of the program
    stxdw [r7+0], r2
    mov64 r2, r7
    add64 r2, 64
    stxdw [r7+8], r2
    mov64 r2, 1
    stxdw [r7+16], r2
    stxdw [r7+24], r6
    mov64 r2, 0
    stxdw [r7+32], r2
    mov64 r2, r6
    add64 r2, 16           ; key of the first account, writable
    stxdw [r7+64], r2
    stxdw [r7+96], r2
    mov64 r3, 1
    stxdw [r7+72], r3
    add64 r2, 64
    stxdw [r7+104], r2     ; lamports
    ldxdw r3, [r6+88]
    stxdw [r7+112], r3
    add64 r2, 16
    stxdw [r7+120], r2     ; data
    sub64 r2, 48
    stxdw [r7+128], r2     ; owner
    ldxdw r3, [r6+10352]
    stxdw [r7+136], r3
    mov64 r3, 0x100
    stxdw [r7+144], r3
    mov64 r1, r7
    mov64 r2, r7
    add64 r2, 96
    mov64 r3, 1
    mov64 r4, 0
    mov64 r5, 0
    call sol_invoke_signed_c
    mov64 r0, 0
    exit
  .rodata
  padding: .zero 600`);

const executable = (one: Account): Account => ({ ...one, executable: true });
const LAMPORTS = 100_000_000n;

export function programAccounts(): Account[] {
  const upgradeable = UPGRADEABLE.flatMap((id, i) => {
    const programdata = [...u32(3), ...u64(0), 1, ...HOT[0]!, ...counterElf(STEPS[i]!)];
    return [
      executable(account(id, 1_141_440n, LOADER_V3, Uint8Array.from([...u32(2), ...programdataOf(id)]))),
      account(programdataOf(id), LAMPORTS, LOADER_V3, Uint8Array.from(programdata)),
    ];
  });
  const buffers = BUFFERS.map((id, i) => {
    const data = [...u32(1), 1, ...HOT[0]!, ...counterElf(BUFFER_STEPS[i]!)];
    return account(id, LAMPORTS, LOADER_V3, Uint8Array.from(data));
  });
  return [
    ...upgradeable,
    ...buffers,
    ...FRESH.map((id) => account(id, 1_141_440n, LOADER_V3, new Uint8Array(36))),
    executable(account(FINAL, LAMPORTS, LOADER_V2, counterElf(FINAL_STEP))),
    executable(account(CALLER, LAMPORTS, LOADER_V2, callerElf())),
    ...COUNTERS.map((id, i) => account(id, 10_000_000n, PROGRAMS[i % PROGRAMS.length]!, new Uint8Array(16))),
  ];
}

/** Counter `i` is counted by its program. `nonce`: makes it another instruction. */
export const count = (i: number, nonce: number): Ix => ({
  program: PROGRAMS[i % PROGRAMS.length]!,
  accounts: [{ key: COUNTERS[i]!, writable: true }],
  data: u32(nonce),
});

/** The same through the program that calls. */
export const countThroughCall = (i: number, nonce: number): Ix => ({
  program: CALLER,
  accounts: [{ key: COUNTERS[i]!, writable: true }, { key: PROGRAMS[i % PROGRAMS.length]! }],
  data: u32(nonce),
});

/** The instruction with more accounts that it does not use. */
export const naming = (ix: Ix, ...others: Uint8Array[]): Ix => ({
  ...ix,
  accounts: [...ix.accounts, ...others.map((id) => ({ key: id }))],
});

const writable = (id: Uint8Array) => ({ key: id, writable: true });
const AUTHORITY = { key: HOT[0]!, signer: true };

/** HOT[0] signs. */
export const upgrade = (program: Uint8Array, buffer: Uint8Array): Ix => ({
  program: LOADER_V3,
  accounts: [
    ...[programdataOf(program), program, buffer, HOT[1]!].map(writable),
    ...[{ key: RENT }, { key: CLOCK }, AUTHORITY],
  ],
  data: u32(3),
});

/** HOT[0] signs and pays. */
export const deploy = (program: Uint8Array, buffer: Uint8Array): Ix => ({
  program: LOADER_V3,
  accounts: [
    { key: HOT[0]!, signer: true, writable: true },
    ...[programdataOf(program), program, buffer].map(writable),
    ...[{ key: RENT }, { key: CLOCK }, { key: SYSTEM }, AUTHORITY],
  ],
  data: [...u32(2), ...u64(3_000)],
});

/** HOT[0] signs and gets what the programdata held. */
export const close = (program: Uint8Array): Ix => ({
  program: LOADER_V3,
  accounts: [writable(programdataOf(program)), writable(HOT[1]!), AUTHORITY, writable(program)],
  data: u32(5),
});
