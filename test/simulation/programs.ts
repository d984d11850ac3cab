/**
 * Programs of the simulated network: three of the upgradeable loader (an account and its programdata, on shards of their own), one of loader v2.
 * Each adds a number of its own to the first eight bytes of an account that it owns.
 */
import { assemble } from "../../infra/sbpf/assemble.ts";
import { decodeBase58 } from "../../shared/rpc/base58.ts";
import type { Account } from "../../shared/state/accounts.ts";
import { type Ix, u32, u64 } from "../conformance/random-wire.ts";
import { programdataOf } from "../unit/scheduling/programdata.ts";
import { account, HOT, keys } from "./world.ts";

const LOADER_V2 = decodeBase58("BPFLoader2111111111111111111111111111111111")!;
const LOADER_V3 = decodeBase58("BPFLoaderUpgradeab1e11111111111111111111111")!;

/** Steps by which programs count; the last one is of loader v2. */
const STEPS = [1, 10, 100, 1000];
export const PROGRAMS = keys("program", STEPS.length);
export const UPGRADEABLE = PROGRAMS.slice(0, 3);
/** Counter i belongs to program i % 4. */
export const COUNTERS = keys("counter", 8);

/** `input`: numAccounts, then the first account: 8 bytes of flags, key, owner, lamports, length of its data, data. */
export function counterElf(step: number): Uint8Array {
  return assemble(`
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
}

const ELFS = STEPS.map(counterElf);

export function programAccounts(): Account[] {
  const upgradeable = UPGRADEABLE.flatMap((id, i) => [
    { ...account(id, 1_141_440n, LOADER_V3, Uint8Array.from([...u32(2), ...programdataOf(id)])), executable: true },
    account(
      programdataOf(id),
      100_000_000n,
      LOADER_V3,
      Uint8Array.from([...u32(3), ...u64(0), 1, ...HOT[0]!, ...ELFS[i]!]),
    ),
  ]);
  const last = PROGRAMS.length - 1;
  return [
    ...upgradeable,
    { ...account(PROGRAMS[last]!, 100_000_000n, LOADER_V2, ELFS[last]!), executable: true },
    ...COUNTERS.map((id, i) => account(id, 10_000_000n, PROGRAMS[i % PROGRAMS.length]!, new Uint8Array(16))),
  ];
}

/** Counter `i` is counted by its program. `nonce`: makes it another instruction. */
export const count = (i: number, nonce: number): Ix => ({
  program: PROGRAMS[i % PROGRAMS.length]!,
  accounts: [{ key: COUNTERS[i]!, writable: true }],
  data: u32(nonce),
});

/** The instruction with more accounts that it does not use. */
export const naming = (ix: Ix, ...others: Uint8Array[]): Ix => ({
  ...ix,
  accounts: [...ix.accounts, ...others.map((id) => ({ key: id }))],
});
