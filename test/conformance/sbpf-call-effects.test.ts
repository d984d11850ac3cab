/** What a called program does shows in its caller's memory and in the accounts, for both ABIs and between programs of loaders v1 and v2. */
import { describe, it } from "vitest";
import { testKey } from "./harness.ts";
import { failed } from "./loader-fixture.ts";
import {
  type CallSpec,
  caller,
  INPUT,
  invoke,
  type Place,
  type Prepared,
  places,
  poke,
  type Step,
  show,
} from "./sbpf-call.ts";
import { first, type Loader, payer, SbpfWorld, second } from "./sbpf-fixture.ts";

/** Two accounts of the called program. */
const one = testKey(51);
const two = testKey(52);
const SOL = 10n ** 9n;
type Row = readonly [name: string, step: Step, callee: string, error: unknown];
const PAIRS = [
  ["v2", "v2"],
  ["v2", "v1"],
  ["v1", "v2"],
  ["v1", "v1"],
] as const;

const zeros = (at: bigint, words: number): string =>
  Array.from({ length: words }, (_, i) => poke(at + BigInt(i * 8), 0)).join("");

function rows(abi: "c" | "rust", from: Loader, to: Loader): Row[] {
  const [, a, b] = places([{ len: 0 }, { len: 40 }, { len: 48 }], from === "v2") as [Place, Place, Place];
  const [e, f] = places([{ len: 40 }, { len: 48 }], to === "v2") as [Place, Place];
  const call: CallSpec = {
    abi,
    program: second,
    metas: [
      [one, "w"],
      [two, "w"],
    ],
    infos: [
      { ...a, len: 40 },
      { ...b, len: 48 },
    ],
  };
  // Numbers of the input that are at multiples of 8 only for loader v2.
  const inner = from === "v2" ? show(a.dataLen, a.owner, b.owner, a.data + 32n, a.data + 48n) : "";
  const after = (p: Prepared): string =>
    show(p.lengths[0]!, p.lengths[1]!) + show(a.lamports, b.lamports, a.data, a.data + 40n) + inner;
  const step: Step = { ...call, after };
  const length = (len: number): string => poke(e.dataLen, len) + (len > 40 ? poke(e.data + 40n, 0x77, 1) : "");
  const grows = from === "v2" && to === "v2";
  const lengths: Row[] = [0, 1, 39, 41, 48, 100, 10_280].map((len) => [
    `${len} of 40 bytes`,
    step,
    length(len),
    // A program of loader v1 cannot set a length; a caller of loader v1 has no room for more and hands back as much as there was.
    to === "v1" || from === "v2" ? null : len > 40 ? "InvalidRealloc" : "ExternalAccountDataModified",
  ]);
  return [
    ["nothing", step, "", null],
    ["data", step, poke(e.data, 0x1234), null],
    ...lengths,
    ["10,241 bytes more", step, length(10_281), to === "v2" ? "InvalidRealloc" : null],
    ["lamports moved", step, poke(e.lamports, SOL - 1n) + poke(f.lamports, SOL + 1n), null],
    ["lamports lost", step, poke(e.lamports, SOL - 1n), "UnbalancedInstruction"],
    ["an account given away", step, zeros(e.data, 5) + zeros(e.owner, 4), null],
    ["an account with data given away", step, zeros(e.owner, 4), to === "v2" ? "ModifiedProgramId" : null],
    [
      "a read-only account changed",
      {
        ...step,
        metas: [
          [one, "r"],
          [two, "w"],
        ],
      },
      poke(e.data, 1),
      "ReadonlyDataModified",
    ],
    [
      "an account named twice, once writable",
      {
        ...step,
        metas: [
          [one, "r"],
          [one, "w"],
        ],
      },
      poke(e.data, 1),
      null,
    ],
    [
      "an account whose info comes twice",
      {
        ...step,
        infos: [
          { ...a, len: 40 },
          { ...a, len: 40 },
          { ...b, len: 48 },
        ],
      },
      poke(e.data, 5),
      null,
    ],
    ["return data", step, `\n  lddw r1, ${INPUT}\n  mov64 r2, 16\n  call sol_set_return_data`, null],
    ["an error of its own", step, "\n  mov64 r0, 9\n  exit", { Custom: 9 }],
    ["a fault", step, "\n  mov64 r1, 0\n  ldxdw r0, [r1+0]", "ProgramFailedToComplete"],
    ["a loop without end", step, "\n  ja -1", "ProgramFailedToComplete"],
    [
      "the same again",
      { ...step, after: (p) => after(p) + invoke(call, p) + after(p) },
      `\n  lddw r1, ${e.data}\n  ldxdw r2, [r1+0]\n  add64 r2, 1\n  stxdw [r1+0], r2`,
      null,
    ],
    ...(abi === "rust"
      ? ([
          [
            "a shorter account, where two infos share the cell of the length",
            {
              ...step,
              before: (p) => `\n  lddw r1, ${p.infos}\n  ldxdw r2, [r1+16]\n  stxdw [r1+64], r2`,
            },
            poke(e.dataLen, 30),
            "ProgramFailedToComplete",
          ],
        ] as Row[])
      : []),
    ...(grows
      ? ([
          [
            "grown twice",
            { ...step, after: (p) => after(p) + invoke(call, p) + after(p) },
            `
  lddw r1, ${e.dataLen}
  ldxdw r2, [r1+0]
  add64 r2, 5000
  stxdw [r1+0], r2`,
            null,
          ],
        ] as Row[])
      : []),
  ];
}

describe.each(PAIRS)("from loader %s to loader %s", (from, to) => {
  describe.each(["c", "rust"] as const)("in the %s ABI", (abi) => {
    it.each(rows(abi, from, to))("%s", async (_name, step, callee, error) => {
      const w = await SbpfWorld.create();
      await w.program(first, caller([step]), 0, from);
      await w.program(second, `entrypoint:\n${callee}\n  mov64 r0, 0\n  exit`, 0, to);
      w.c.setAccount(one, { lamports: SOL, owner: second, data: new Uint8Array(40).fill(3) });
      w.c.setAccount(two, { lamports: SOL, owner: second, data: new Uint8Array(48).fill(4) });
      const accounts: [string, string][] = [
        [payer, "ws"],
        [one, "w"],
        [two, "w"],
        [second, "r"],
      ];
      w.call(first, accounts, [], error === null ? null : failed(error));
    });
  });
});
