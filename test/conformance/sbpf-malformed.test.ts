/**
 * Files that are almost programs: accepted and refused as on Agave, when deployed and when run, with the same words; and what is accepted
 * does the same.
 *   SBPF_ELFS (600), SBPF_SEED (1)
 */
import { beforeAll, describe, expect, it } from "vitest";
import { assemble } from "../../infra/sbpf/assemble.ts";
import { keyBytes, testKey } from "./harness.ts";
import {
  deploy,
  deployAccounts,
  LOADER_V2,
  LoaderWorld,
  PROGRAM_SIZE,
  payer,
  program,
  programdata,
} from "./loader-fixture.ts";
import { Random } from "./random-prng.ts";
import { Programs, VERSIONS } from "./sbpf-assembly.ts";
import { mutateElf, withSections } from "./sbpf-mutate.ts";

const ELFS = Number(process.env.SBPF_ELFS ?? 600);
const SEED = Number(process.env.SBPF_SEED ?? 1);
const CHUNK = 500;

const SOURCE = `
.globl entrypoint
.globl add
.globl message
entrypoint:
  mov64 r9, r2
  lddw r1, message@symbol
  mov64 r2, 5
  call sol_log_
  lddw r1, pointer
  ldxdw r1, [r1]
  mov64 r2, 3
  syscall sol_log_
  mov64 r1, 4
  call add@symbol
  call sub
  lddw r2, add
  callx r2
  jsgt r0, 3, end
  mov32 r0, 7
end:
  mov64 r1, r0
  call sol_log_64_
  ldxdw r3, [r9]          ; what the instruction data say of memory, hashed
  stxdw [r10-16], r3
  ldxdw r3, [r9+8]
  stxdw [r10-8], r3
  mov64 r1, r10
  add64 r1, -16
  mov64 r2, 1
  mov64 r3, r10
  add64 r3, -64
  call sol_sha256
  mov64 r1, r10
  add64 r1, -64
  mov64 r2, 32
  call sol_set_return_data
  mov64 r0, 0
  exit
add:
  mov64 r0, r1
  add64 r0, 3
  exit
sub:
  stxdw [r10-8], r1
  ldxw r1, [r10-8]
  lsh64 r1, 2
  exit
.rodata
message: .ascii "hello"
.align 8
pointer: .quad message+1`;

class Comparer {
  readonly world: LoaderWorld;
  private readonly programs: Programs;
  private next = 2_000_000;
  readonly outcomes = new Map<string, number>();

  static async create(): Promise<Comparer> {
    return new Comparer(await LoaderWorld.create());
  }
  private constructor(world: LoaderWorld) {
    this.world = world;
    this.programs = new Programs(world.c);
  }

  /** Throws with what differs. */
  compare(elf: Uint8Array, random: Random): void {
    this.count(`deployed: ${this.deployed(elf)}`);
    this.count(`run: ${this.run(elf, random)}`);
  }

  private count(outcome: string): void {
    const kind = outcome.replace(/0x\w+|\d+/g, "N").replace(/`.*`|\(.*?\)/gs, "_");
    this.outcomes.set(kind, (this.outcomes.get(kind) ?? 0) + 1);
  }

  private deployed(elf: Uint8Array): string {
    const { c } = this.world;
    this.world.setBuffer(elf);
    this.world.set(program, new Uint8Array(PROGRAM_SIZE));
    c.setAccount(programdata, { lamports: 0n });
    const wire = c.transaction({ payer, instructions: [deploy(deployAccounts, Math.max(elf.length, 1))] });
    const { ours } = c.expectSame(wire);
    const line = ours.logs.find((text) => !/ invoke \[| consumed | failed: | success$|^Program \w+ /.test(text));
    return ours.error === null ? "accepted" : (line ?? JSON.stringify(ours.error));
  }

  /** As an executable account of loader v2, verified when it is first used. */
  private run(elf: Uint8Array, random: Random): string {
    const { c } = this.world;
    const key = testKey(this.next++);
    const account = {
      lamports: 10n ** 10n,
      owner: keyBytes(LOADER_V2),
      data: elf,
      executable: true,
      rentEpoch: 2n ** 64n - 1n,
    };
    let accepted = true;
    try {
      c.agave.setAccount(keyBytes(key), account);
    } catch {
      accepted = false;
    }
    expect(c.ours.wasm.call("sbpfCheck", elf, 0) === 0, "accepted to run").toBe(accepted);
    if (!accepted) return "refused";
    c.ours.setAccount(keyBytes(key), account);
    const start = elf[48] === 3 ? 0n : 1n << 32n;
    const at = start + BigInt(random.pick([0, 288, random.below(elf.length + 8)]));
    const pieces = new BigUint64Array([at, BigInt(random.pick([0, 1, 64, random.below(elf.length + 8)]))]);
    const data = new Uint8Array(pieces.buffer);
    const { ours } = c.expectSame(this.programs.transaction(key, { data, units: 3_000 }));
    return ours.logs.at(-1)!.replace(/^Program \w+ (failed: )?/, "");
  }
}

/** Throws with a file that can be looked at. */
function check(comparer: Comparer, elf: Uint8Array, what: string, random = new Random(1)): void {
  try {
    comparer.compare(elf, random);
  } catch (error) {
    const file = elf.length < 4_000 ? Buffer.from(elf).toString("base64") : "";
    throw new Error(`${what}: ${(error as Error).message}\n${file}`, { cause: error });
  }
}

const plain = VERSIONS.map((version) => assemble(SOURCE, { version }));
const files = [...plain, ...plain.slice(0, 3).map(withSections)];
let comparer: Comparer;
beforeAll(async () => {
  comparer = await Comparer.create();
});

describe("ELF files that are not right", () => {
  it("the files that are changed are right", () => {
    for (const elf of files) check(comparer, elf, "unchanged");
    check(comparer, comparer.world.memo, "Memo");
    expect(comparer.outcomes.get("deployed: accepted")).toBe(8);
    // This one runs, but nobody could deploy it now.
    check(comparer, comparer.world.memoV1, "Memo v1");
    expect(comparer.outcomes.get("deployed: accepted")).toBe(8);
  });

  it("cut off at the end of each part", () => {
    for (const elf of files) {
      for (const length of [
        0,
        1,
        3,
        4,
        15,
        16,
        47,
        52,
        63,
        64,
        65,
        119,
        120,
        121,
        176,
        elf.length >> 1,
        elf.length - 64,
        elf.length - 1,
      ])
        check(comparer, elf.slice(0, length), `v${elf[48]} cut at ${length}`);
    }
  });

  it("of versions that are not there, and of one version with the code of another", () => {
    for (const elf of files) {
      for (const version of [0, 1, 2, 3, 4, 5, 255, 2 ** 31]) {
        const other = elf.slice();
        new DataView(other.buffer).setUint32(48, version, true);
        check(comparer, other, `v${elf[48]} as v${version}`);
      }
    }
  });

  it(`${ELFS} with bits and fields changed at random, from seed ${SEED}`, { timeout: 0 }, async () => {
    const outcomes = new Map<string, number>();
    let used = await Comparer.create();
    for (let i = 0; i < ELFS; i++) {
      if (i % CHUNK === 0) used = await Comparer.create();
      const random = new Random(SEED + i);
      const elf = random.pick([...files, ...files, used.world.memo]);
      check(used, mutateElf(random, elf), `SBPF_SEED=${SEED + i} SBPF_ELFS=1`, random);
      if (i % CHUNK === CHUNK - 1 || i === ELFS - 1) {
        for (const [kind, count] of used.outcomes) outcomes.set(kind, (outcomes.get(kind) ?? 0) + count);
      }
    }
    const report = [...outcomes].sort((a, b) => b[1] - a[1]).map(([kind, count]) => `${count} ${kind}`);
    console.log(`${ELFS} files, ${report.length} outcomes:\n${report.slice(0, 40).join("\n")}`);
    expect(report.length).toBeGreaterThan(Math.min(20, ELFS / 20));
  });
});
