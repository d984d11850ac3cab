/**
 * Random programs that call each other, the System, Memo and Token programs, here and on Agave: they write into their accounts, grow and
 * shrink them, move lamports, give them away, with rights that sometimes do not fit, and fail at any point.
 *   CALL_ROUNDS (150), CALL_SEED (1)
 */
import type { Address } from "@solana/kit";
import { describe, expect, it } from "vitest";
import { ALL_REAL_PROGRAMS } from "../../shared/protocol/real-programs.ts";
import { Conformance, instruction, type Key, SYSTEM, testKey } from "./harness.ts";
import { u32, u64 } from "./harness-system.ts";
import { Random } from "./random-prng.ts";
import { type CallSpec, caller, INPUT, type InputAccount, type Place, places, poke, type Step } from "./sbpf-call.ts";
import { payer, SbpfWorld } from "./sbpf-fixture.ts";

const ROUNDS = Number(process.env.CALL_ROUNDS ?? 150);
const SEED = Number(process.env.CALL_SEED ?? 1);

const MEMO = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr";
const TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const PROGRAMS = [0, 1, 2, 3].map((i) => testKey(400 + i));
const DATA = [0, 1, 2, 3].map((i) => testKey(500 + i));
const EMPTY = testKey(510);
const SOL = 10n ** 9n;

interface Account {
  readonly key: Key;
  readonly len: number;
  readonly role: string;
}
interface Program {
  readonly key: Key;
  readonly loader: "v1" | "v2" | "v3";
  /** Accounts that it is always called with. */
  readonly accounts: readonly Account[];
  readonly places: readonly Place[];
}

class Round {
  readonly random: Random;
  readonly lengths: number[];
  readonly programs: Program[];

  constructor(seed: number) {
    this.random = new Random(seed);
    this.lengths = DATA.map(() => this.random.pick([0, 1, 8, 40, 100, 1000]));
    this.programs = PROGRAMS.map((key) => this.program(key));
  }

  private program(key: Key): Program {
    const { random } = this;
    const loader = random.pick(["v1", "v2", "v2", "v2", "v3"] as const);
    const named: Account[] = [{ key: payer, len: 0, role: "ws" }];
    for (const [i, data] of DATA.entries()) {
      if (random.chance(0.97)) named.push({ key: data, len: this.lengths[i]!, role: random.chance(0.95) ? "w" : "r" });
    }
    if (random.chance(0.9)) named.push({ key: EMPTY, len: 0, role: "w" });
    if (random.chance(0.2)) named.push(named[random.below(named.length)]!);
    named.push(...[...PROGRAMS, SYSTEM, MEMO, TOKEN].map((program) => ({ key: program, len: -1, role: "r" })));
    const input: InputAccount[] = [];
    // Programs' own accounts are last: what they hold does not move the others.
    for (const [i, account] of named.entries()) {
      const first = named.findIndex((other) => other.key === account.key);
      input.push(first < i ? { len: 0, first } : { len: Math.max(account.len, 0) });
    }
    return { key, loader, accounts: named, places: places(input, loader !== "v1") };
  }

  private infos(from: Program): (Place & { len: number })[] {
    return from.accounts.flatMap((account, i) => {
      const skip = account.len < 0 || this.random.chance(0.01);
      return skip ? [] : [{ ...from.places[i]!, len: account.len }];
    });
  }

  private role(role: string): string {
    if (this.random.chance(0.03)) return this.random.pick(["r", "w", "rs", "ws"]);
    return role.startsWith("w") && this.random.chance(0.15) ? role.replace("w", "r") : role;
  }

  private call(from: Program): CallSpec {
    const { random } = this;
    const abi = random.pick(["c", "rust"] as const);
    const infos = this.infos(from);
    const what = random.below(10);
    if (what === 0) return { abi, program: MEMO, metas: [[payer, "rs"]], data: [104, 105], infos };
    if (what === 1)
      return {
        abi,
        program: TOKEN,
        metas: [
          [payer, "rs"],
          [DATA[0]!, "w"],
        ],
        data: [random.below(26), 1, 0],
        infos,
      };
    if (what < 5) {
      const to = random.pick([EMPTY, ...DATA, payer]);
      const lamports = random.pick([0n, 1n, SOL, 890_880n, 10_000n * SOL]);
      return {
        abi,
        program: SYSTEM,
        metas: [
          [payer, this.role("ws")],
          [to, "w"],
        ],
        data: [...u32(2), ...u64(lamports)],
        infos,
      };
    }
    const self = this.programs.indexOf(from);
    const callee = random.chance(0.1)
      ? random.pick(this.programs)
      : (this.programs[self + 1 + random.below(3)] ?? from);
    if (callee === from && random.chance(0.7)) return { abi, program: MEMO, metas: [], data: [104], infos };
    const given = new Map(from.accounts.map(({ key, role }) => [key, role]));
    const metas = callee.accounts.flatMap(({ key, role }) => {
      if (!given.has(key) && random.chance(0.95)) return [];
      return [[key, this.role(given.get(key) === "r" ? "r" : role)] as const];
    });
    return { abi, program: callee.key, metas, data: [random.below(256)], infos };
  }

  private change(program: Program): string {
    const { random } = this;
    const own = program.accounts.findIndex(({ key }) => key === DATA[PROGRAMS.indexOf(program.key as Address)]);
    const i = own >= 0 && random.chance(0.9) ? own : random.below(program.accounts.length);
    const place = program.places[i]!;
    const len = program.accounts[i]!.len;
    if (len < 0) return "";
    switch (random.below(12)) {
      case 0:
        return poke(place.dataLen, random.pick([0, 1, len, len + 1, len + 100, len + 10_240, len + 10_241]));
      case 1:
        return poke(place.lamports, random.pick([0n, SOL, SOL + 1n]));
      case 2: {
        const other = program.places[random.below(program.accounts.length - 7)]!;
        return `
  lddw r1, ${place.lamports}
  lddw r2, ${other.lamports}
  ldxdw r3, [r1+0]
  ldxdw r4, [r2+0]
  sub64 r3, 5
  add64 r4, 5
  stxdw [r1+0], r3
  stxdw [r2+0], r4`;
      }
      case 3:
        return poke(place.owner, random.below(3));
      case 4:
        return `\n  lddw r1, ${INPUT}\n  mov64 r2, ${random.below(32)}\n  call sol_set_return_data`;
      case 5:
        return random.chance(0.2) ? `\n  mov64 r0, ${random.below(40)}\n  exit` : "";
      case 6:
        return random.chance(0.2) ? poke(INPUT + 200_000n, 1) : "";
      default:
        return poke(place.data + BigInt(random.below(Math.max(len, 1))), random.below(256), 1);
    }
  }

  source(program: Program): string {
    const { random } = this;
    const changes = (): string => Array.from({ length: random.below(3) }, () => this.change(program)).join("");
    const steps: Step[] = Array.from({ length: random.pick([0, 1, 1, 2, 3]) }, () => ({
      ...this.call(program),
      before: changes(),
      after: changes(),
    }));
    return steps.length ? caller(steps) : `entrypoint:\n${changes()}\n  mov64 r0, 0\n  exit`;
  }

  async run(c: Conformance): Promise<string> {
    const w = SbpfWorld.of(c);
    for (const program of this.programs)
      await w.program(program.key as Address, this.source(program), 0, program.loader);
    for (const [i, key] of DATA.entries()) {
      const owner = this.random.chance(0.9) ? PROGRAMS[i]! : TOKEN;
      c.setAccount(key, { lamports: SOL, owner, data: new Uint8Array(this.lengths[i]!).fill(i + 1) });
    }
    c.setAccount(EMPTY, { lamports: 0n });
    c.fund(payer, 1_000n * SOL);
    const top = this.programs[0]!;
    const instructions = [top, this.random.pick(this.programs)].map((program) =>
      instruction(
        program.key,
        program.accounts.map(({ key, role }) => [key, role]),
        [1],
      ),
    );
    const { ours } = c.expectSame(c.transaction({ payer, instructions }));
    return `${JSON.stringify(ours.error)} depth ${Math.max(1, ...ours.inner.map(({ stackHeight }) => stackHeight))}`;
  }
}

describe.each([
  ["stored", ALL_REAL_PROGRAMS],
  ["carried", 0],
])("with %s Memo and Token programs", (_, realPrograms) => {
  it(`${ROUNDS} rounds are as on Agave, from seed ${SEED}`, async () => {
    const c = await Conformance.create({ realPrograms });
    const outcomes = new Map<string, number>();
    for (let seed = SEED; seed < SEED + ROUNDS; seed++) {
      try {
        const outcome = await new Round(seed).run(c);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      } catch (error) {
        throw new Error(`CALL_SEED=${seed} CALL_ROUNDS=1: ${(error as Error).message}`, { cause: error });
      }
    }
    if (process.env.SHOW) console.log([...outcomes].sort((a, b) => b[1] - a[1]));
    expect(outcomes.size).toBeGreaterThan(Math.min(10, ROUNDS / 20));
  });
});
