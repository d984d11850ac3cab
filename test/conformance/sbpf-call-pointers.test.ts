/**
 * Where the structures of a call may lie (syscall_parameter_address_restrictions): every pointer of an account info is that of the caller's
 * input, what holds them lies below it, and all of it is readable, aligned and, where the runtime writes it, writable. For both ABIs, from
 * callers of loader v2 and of loader v1, whose pointers need no alignment and whose accounts cannot grow.
 */
import { describe, expect, it } from "vitest";
import { testKey } from "./harness.ts";
import { failed } from "./loader-fixture.ts";
import { type CallSpec, caller, HEAP, INPUT, type Place, type Prepared, places, poke, type Step } from "./sbpf-call.ts";
import { first, payer, SbpfWorld, second } from "./sbpf-fixture.ts";

const owned = testKey(51);
const LENGTH = 104;
const STOPPED = "ProgramFailedToComplete";
type Row = readonly [name: string, step: Step, error: unknown, units: number];

const LOADERS = ["v2", "v1"] as const;
const ABIS = ["c", "rust"] as const;

/** A field of the only account info gets another value. */
const field = (call: CallSpec, offset: number, value: bigint): Step => ({
  ...call,
  before: (p) => poke(p.infos + BigInt(offset), value),
});
/** A good call, then one whose arguments are moved. */
function moved(call: CallSpec, argument: 1 | 2 | 4, by: bigint): Step {
  const shift = (n: number, at: bigint): bigint => BigInt.asUintN(64, at + (n === argument ? by : 0n));
  const again = (p: Prepared): string => `
  lddw r1, ${shift(1, p.instruction)}
  lddw r2, ${shift(2, p.infos)}
  mov64 r3, 1
  lddw r4, ${shift(4, p.seeds)}
  mov64 r5, ${argument === 4 ? 1 : 0}
  call sol_invoke_signed_${call.abi!}`;
  return { ...call, after: again };
}
/** A pointer or a flag in the instruction itself. */
const listed = (call: CallSpec, text: string): Step => ({
  ...call,
  before: (p) => `
  lddw r1, ${p.instruction}
  ldxdw r2, [r1+${call.abi === "c" ? 8 : 0}]
  ${text}`,
});
const bumped = (call: CallSpec): Step => listed(call, `add64 r2, 1\n  stxdw [r1+${call.abi === "c" ? 8 : 0}], r2`);
const flagged = (call: CallSpec, offset: number, value: number): Step =>
  listed(call, `mov64 r3, ${value}\n  stxb [r2+${offset}], r3`);

function infoRows(call: CallSpec, place: Place): Row[] {
  const offsets = call.abi === "c" ? { lamports: 8, data: 24, owner: 32 } : { owner: 24 };
  return [
    ["an account info of another key", field(call, 0, HEAP + 512n), "MissingAccount", 969],
    ["an account info without a key", field(call, 0, 0n), STOPPED, 969],
    ...Object.entries(offsets).flatMap(([name, offset]): Row[] => [
      [`${name} one byte off`, field(call, offset, place[name as "data"] + 1n), STOPPED, 969],
      [`${name} in the heap`, field(call, offset, HEAP + 512n), STOPPED, 969],
      [`${name} nowhere`, field(call, offset, 0n), STOPPED, 969],
    ]),
  ];
}

/** The cells that Rust has between an account info and balance or data. */
function cellRows(call: CallSpec): Row[] {
  return [8, 16].flatMap((offset): Row[] => [
    [`cell ${offset} in the input`, field(call, offset, INPUT), STOPPED, 969],
    [`cell ${offset} behind all regions`, field(call, offset, 5n << 32n), STOPPED, 969],
    [`cell ${offset} over the end of the address space`, field(call, offset, -8n), STOPPED, 969],
    [`cell ${offset} in the last bytes of the heap`, field(call, offset, HEAP + 32_768n - 32n), STOPPED, 969],
    [`cell ${offset} with other contents`, field(call, offset, HEAP), STOPPED, 969],
  ]);
}

function structureRows(call: CallSpec, aligned: boolean): Row[] {
  const [writable, signer] = call.abi === "c" ? [8, 9] : [33, 32];
  const nowhere = 1n << 40n;
  return [
    ["an account that is writable", flagged(call, writable, 1), null, 974],
    ["a writable flag of 2", flagged(call, writable, 2), "InvalidArgument", 970],
    ["a signer that is none", flagged(call, signer, 1), "PrivilegeEscalation", 970],
    ["a signer flag of 255", flagged(call, signer, 255), "InvalidArgument", 970],
    ["the instruction nowhere", moved(call, 1, nowhere), STOPPED, 1920],
    ["account infos in the input", moved(call, 2, INPUT - HEAP), STOPPED, 1920],
    ["account infos in the stack", moved(call, 2, -(1n << 32n)), STOPPED, 1920],
    ["account infos in read-only data", moved(call, 2, -(2n << 32n)), STOPPED, 1920],
    ["signer seeds nowhere", moved(call, 4, nowhere), STOPPED, 1920],
    ["data nowhere", { ...call, data: [1], before: (p) => poke(p.instruction + 24n, 1n << 50n) }, STOPPED, 969],
    ...(aligned
      ? ([
          ["an instruction at an odd address", moved(call, 1, 1n), STOPPED, 1920],
          ["account infos at an odd address", moved(call, 2, 1n), STOPPED, 1920],
          ["signer seeds at an odd address", moved(call, 4, 1n), STOPPED, 1920],
        ] as Row[])
      : []),
    ["a list of accounts at an odd address", bumped(call), call.abi === "c" ? STOPPED : "MissingAccount", 970],
  ];
}

function lengthRows(call: CallSpec, aligned: boolean): Row[] {
  const length = (len: number): Step => ({ ...call, before: (p) => poke(p.lengths[0]!, len) });
  return [
    ["a shorter account", length(10), null, 973],
    ["a longer account", length(200), aligned ? null : "InvalidRealloc", aligned ? 973 : 969],
  ];
}

describe.each(LOADERS)("from a caller of loader %s", (loader) => {
  describe.each(ABIS)("in the %s ABI", (abi) => {
    const [, place] = places([{ len: 0 }, { len: LENGTH }], loader === "v2") as [Place, Place];
    const call: CallSpec = { abi, program: second, metas: [[owned, "w"]], infos: [{ ...place, len: LENGTH }] };
    const rows: Row[] = [
      ["all of it good", call, null, 970],
      ...infoRows(call, place),
      ...(abi === "rust" ? cellRows(call) : []),
      ...structureRows(call, loader === "v2"),
      ...lengthRows(call, loader === "v2"),
    ];
    it.each(rows)("%s", async (_name, step, error, units) => {
      const w = await SbpfWorld.create();
      await w.program(first, caller([step]), 0, loader);
      await w.program(second, "entrypoint:\n mov64 r0, 0\n exit");
      w.c.setAccount(owned, { lamports: 10n ** 9n, owner: first, data: new Uint8Array(LENGTH).fill(3) });
      const { ours } = w.call(
        first,
        [
          [payer, "ws"],
          [owned, "w"],
          [second, "r"],
        ],
        [1, 2, 3],
        error === null ? null : failed(error),
      );
      expect(ours.computeUnits).toBe(units);
    });
  });
});
