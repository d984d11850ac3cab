/**
 * Random verified programs of every version, each run here and on Agave: the same registers, memory, errors, logs and compute units.
 *   SBPF_PROGRAMS (400), SBPF_SEED (1)
 */
import { describe, expect, it } from "vitest";
import { assemble } from "../../infra/sbpf/assemble.ts";
import { testKey } from "./harness.ts";
import { LOADER_V1, LOADER_V2 } from "./loader-fixture.ts";
import { Random } from "./random-prng.ts";
import { Programs, VERSIONS } from "./sbpf-assembly.ts";
import { ACCOUNT_DATA, generateProgram } from "./sbpf-generate.ts";

const PROGRAMS = Number(process.env.SBPF_PROGRAMS ?? 400);
const SEED = Number(process.env.SBPF_SEED ?? 1);
/** Programs of one pair of runtimes: they keep every program that they have seen. */
const CHUNK = 500;

/** Without addresses and numbers. */
const kindOf = (line: string | undefined) =>
  (line ?? "")
    .replace(/^Program \w+ /, "")
    .replace(/0x\w+|-?\d+/g, "N")
    .replace(/(index N).*/, "$1");

describe("random programs", () => {
  it(`${PROGRAMS} programs do the same as on Agave, from seed ${SEED}`, { timeout: 0 }, async () => {
    const outcomes = new Map<string, number>();
    let programs = await Programs.create();
    for (let i = 0; i < PROGRAMS; i++) {
      if (i % CHUNK === 0) programs = await Programs.create();
      const seed = SEED + i;
      const random = new Random(seed);
      const version = random.pick(VERSIONS);
      const source = generateProgram(random, {
        version,
        wild: random.pick([0, 0, 0.02, 0.1]),
        strange: random.pick([0, 0, 0.5]),
      });
      const program = programs.install(assemble(source, { version }), random.chance(0.15) ? LOADER_V1 : LOADER_V2);
      const account = testKey(1_000_000 + i);
      programs.c.setAccount(account, { lamports: 10n ** 9n, owner: program, data: random.bytes(ACCOUNT_DATA) });
      const units = random.weighted([
        [3, 200_000],
        [1, random.below(2_000)],
      ]);
      const wire = programs.transaction(program, {
        accounts: [[account, "w"]],
        data: random.bytes(random.below(20)),
        units,
      });
      let line: string | undefined;
      try {
        line = programs.c.expectSame(wire).ours.logs.at(-1);
      } catch (error) {
        const again = `SBPF_SEED=${seed} SBPF_PROGRAMS=1`;
        throw new Error(`v${version} (${again}): ${(error as Error).message}\n${source}`, { cause: error });
      }
      const kind = kindOf(line);
      outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1);
    }
    const report = [...outcomes].sort((a, b) => b[1] - a[1]).map(([kind, count]) => `${count} ${kind}`);
    console.log(`${PROGRAMS} programs, ${report.length} outcomes:\n${report.slice(0, 25).join("\n")}`);
    // Programs that only fail, or never fail, show little.
    expect(outcomes.get("success") ?? 0).toBeGreaterThan(PROGRAMS / 4);
    expect(report.length).toBeGreaterThan(Math.min(8, PROGRAMS / 20));
  });
});
