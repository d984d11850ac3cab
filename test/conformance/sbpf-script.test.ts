/**
 * Random scripts of programs that change accounts and call each other, the System program and themselves, here and on Agave: accounts,
 * errors, logs, return data, inner instructions and compute units are the same.
 *   SBPF_SCRIPTS (500), SBPF_SEED (1)
 */
import { type Address, getProgramDerivedAddress } from "@solana/kit";
import { describe, expect, it } from "vitest";
import { assemble } from "../../infra/sbpf/assemble.ts";
import { SYSTEM, testKey } from "./harness.ts";
import { LOADER_V2 } from "./loader-fixture.ts";
import { Random } from "./random-prng.ts";
import { Programs, VERSIONS } from "./sbpf-assembly.ts";
import { SCRIPT_PROGRAM } from "./script-program.ts";

const SCRIPTS = Number(process.env.SBPF_SCRIPTS ?? 500);
const SEED = Number(process.env.SBPF_SEED ?? 1);
const CHUNK = 300;
const MAX_DEPTH = 5;
const SEED_BYTES = [115, 101, 101, 100];

const FIRST = testKey(11);
const SECOND = testKey(12);
const derived = async (program: Address) => {
  const [address, bump] = await getProgramDerivedAddress({
    programAddress: program,
    seeds: [new Uint8Array(SEED_BYTES)],
  });
  return { address, seed: [...SEED_BYTES, bump] };
};
const PDA = { [FIRST]: await derived(FIRST), [SECOND]: await derived(SECOND) };
const [PAYER, OWN, OWN_2, OTHERS, FRESH, WALLET] = [1, 21, 22, 23, 24, 25].map((n) => testKey(n)) as [
  Address,
  Address,
  Address,
  Address,
  Address,
  Address,
];

/** Each level of calls keeps its stack; whatever a call ended with, nothing else stays. */
const STACKS = 8 * 262_144 + 65_536;
const live = (programs: Programs) => Number(programs.c.ours.wasm.exports.heapLiveBytes!());

/** An account as an instruction names it. */
interface Meta {
  readonly key: Address;
  readonly signer: boolean;
  readonly writable: boolean;
}
const PROGRAMS: readonly Address[] = [FIRST, SECOND, SYSTEM];

class Scripts {
  private readonly random: Random;
  constructor(random: Random) {
    this.random = random;
  }

  /** Steps of `program` with these accounts; `size` bounds its bytes. */
  script(program: Address, accounts: readonly Meta[], depth: number, size: number): number[] {
    const { random } = this;
    const bytes: number[] = [];
    for (let n = 1 + random.below(4); n > 0; n--) {
      const step = random.weighted<() => number[]>([
        [3, () => this.lamports(accounts, program)],
        [3, () => [2, this.place(accounts, program), random.below(40), random.below(256)]],
        [2, () => this.length(accounts, program)],
        [0.3, () => [4, this.place(accounts, program), this.any(accounts)]],
        [2, () => [5, this.any(accounts)]],
        [1, () => [6, 3, random.below(256), 2, 3]],
        [1, () => [7]],
        [depth < MAX_DEPTH ? 6 : 0, () => this.call(program, accounts, depth, size - bytes.length - 40)],
      ])();
      if (bytes.length + step.length + 2 <= size) bytes.push(...step);
    }
    return [...bytes, 0, random.chance(0.97) ? 0 : random.below(256)];
  }

  private any(accounts: readonly Meta[]): number {
    return this.random.chance(0.01) ? accounts.length : this.random.below(accounts.length);
  }
  /** Mostly one that the program may change. */
  private place(accounts: readonly Meta[], program: Address): number {
    const mine = program === FIRST ? [OWN, OWN_2, PDA[FIRST]!.address] : [OTHERS, PDA[SECOND]!.address];
    const places = accounts.flatMap(({ key, writable }, i) => (writable && mine.includes(key) ? [i] : []));
    return places.length && this.random.chance(0.93) ? this.random.pick(places) : this.any(accounts);
  }
  /** Mostly one that is writable. */
  private writable(accounts: readonly Meta[]): number {
    const places = accounts.flatMap(({ writable }, i) => (writable ? [i] : []));
    return places.length && this.random.chance(0.97) ? this.random.pick(places) : this.any(accounts);
  }
  private lamports(accounts: readonly Meta[], program: Address): number[] {
    const delta = this.random.below(60);
    const from = this.place(accounts, program);
    const to = this.writable(accounts);
    return this.random.chance(0.97) ? [1, from, 256 - delta, 1, to, delta] : [1, from, delta];
  }
  private length(accounts: readonly Meta[], program: Address): number[] {
    const { random } = this;
    const length = random.pick([0, 1, 8, 15, 16, 17, 40, 100, 1_000, 10_239, 10_240, random.below(10_400)]);
    return [3, this.place(accounts, program), length & 255, length >> 8];
  }

  private system(accounts: readonly Meta[]): { metas: Meta[]; data: number[] } {
    const { random } = this;
    const payers = accounts.filter(({ key, signer }) => signer && (key === PAYER || key === WALLET));
    const pick = () => (payers.length && random.chance(0.9) ? random.pick(payers) : random.pick(accounts));
    const u64 = (n: number) => [...new Uint8Array(new BigUint64Array([BigInt(n)]).buffer)];
    const [from, to] = [pick(), accounts[this.writable(accounts)] ?? pick()];
    return random.weighted<() => { metas: Meta[]; data: number[] }>([
      [4, () => ({ metas: [from, to], data: [2, 0, 0, 0, ...u64(random.below(2_000_000))] })],
      [1, () => ({ metas: [from], data: [8, 0, 0, 0, ...u64(random.below(200))] })],
      [1, () => ({ metas: [to], data: random.pick([[9, 0, 0, 0], [1, 0], []]) })],
    ])();
  }

  private call(program: Address, accounts: readonly Meta[], depth: number, size: number): number[] {
    const { random } = this;
    if (size < 30) return [];
    const index = (key: Address) => accounts.findIndex((account) => account.key === key);
    const callee = random.weighted(PROGRAMS.map((key) => [key === SYSTEM ? 1 : 2, key] as const));
    if (index(callee) < 0) return [];
    const seed = random.chance(0.5) ? (PDA[program]?.seed ?? []) : [];
    const signs = ({ key, signer }: Meta) => signer || (seed.length > 0 && key === PDA[program]?.address);
    const escalate = random.chance(0.03);
    const given = (meta: Meta): Meta => ({
      key: meta.key,
      signer: escalate ? random.chance(0.5) : signs(meta) && random.chance(0.95),
      writable: escalate ? random.chance(0.5) : meta.writable && random.chance(0.97),
    });
    let metas: Meta[];
    let data: number[];
    if (callee === SYSTEM) {
      const system = this.system(accounts);
      metas = system.metas.map(given);
      data = system.data;
    } else {
      metas = Array.from({ length: 1 + random.below(5) }, () => given(random.pick(accounts)));
      for (const key of PROGRAMS) {
        if (index(key) >= 0 && random.chance(0.9)) metas.push({ key, signer: false, writable: false });
      }
      data = this.script(callee, metas, depth + 1, size - 2 * metas.length - accounts.length);
    }
    const infos = new Set([...metas.map(({ key }) => index(key)), index(callee)]);
    if (random.chance(0.03)) infos.delete(index(metas[0]!.key));
    if (random.chance(0.2)) infos.add(random.below(accounts.length));
    if (data.length > 255) return [];
    const bytes = metas.flatMap((meta) => [index(meta.key), (meta.signer ? 1 : 0) | (meta.writable ? 2 : 0)]);
    return [
      8,
      random.below(2),
      index(callee),
      metas.length,
      ...bytes,
      infos.size,
      ...infos,
      data.length,
      ...data,
      seed.length,
      ...seed,
    ];
  }
}

function setAccounts(programs: Programs, random: Random): void {
  const set = (key: Address, owner: Address, length: number, lamports = 10n ** 9n) =>
    programs.c.setAccount(key, { lamports, owner, data: new Uint8Array(length).fill(7) });
  set(OWN, FIRST, random.pick([0, 5, 16, 100]));
  set(OWN_2, FIRST, random.pick([0, 8, 17]));
  set(OTHERS, SECOND, random.pick([0, 16, 33]));
  set(PDA[FIRST]!.address, random.pick([FIRST, SYSTEM]), 0);
  set(PDA[SECOND]!.address, random.pick([SECOND, SYSTEM]), 0);
  set(FRESH, SYSTEM, 0, random.pick([0n, 890_880n]));
  set(WALLET, SYSTEM, 0);
  set(PAYER, SYSTEM, 0, 10n ** 12n);
}

async function world(): Promise<Programs> {
  const programs = await Programs.create();
  for (const [i, key] of [FIRST, SECOND].entries()) {
    const version = VERSIONS[(SEED + i) % VERSIONS.length]!;
    const elf = assemble(SCRIPT_PROGRAM, { version });
    programs.c.setAccount(key, { lamports: 10n ** 10n, owner: LOADER_V2, data: elf, executable: true });
  }
  return programs;
}

/** The accounts of a transaction's instruction, some of them twice. */
function named(random: Random): Meta[] {
  const role = (key: Address, signer: number, writable: number): Meta => ({
    key,
    signer: random.chance(signer),
    writable: random.chance(writable),
  });
  const metas = [
    role(PAYER, 1, 1),
    role(OWN, 0.2, 0.9),
    role(OWN_2, 0, 0.9),
    role(OTHERS, 0.1, 0.9),
    role(PDA[FIRST]!.address, 0, 0.9),
    role(PDA[SECOND]!.address, 0, 0.9),
    role(FRESH, 0.5, 0.9),
    role(WALLET, 0.7, 0.9),
  ].filter(() => random.chance(0.8));
  if (random.chance(0.3) && metas.length) metas.push(random.pick(metas));
  return [...metas, ...PROGRAMS.map((key) => ({ key, signer: false, writable: false }))];
}

describe("random scripts of calls", () => {
  it(`${SCRIPTS} scripts do the same as on Agave, from seed ${SEED}`, { timeout: 0 }, async () => {
    const outcomes = new Map<string, number>();
    let calls = 0;
    let first = 0;
    let programs = await world();
    for (let i = 0; i < SCRIPTS; i++) {
      if (i % CHUNK === 0) programs = await world();
      const seed = SEED + i;
      const random = new Random(seed);
      setAccounts(programs, random);
      const metas = named(random);
      const program = random.pick([FIRST, SECOND]);
      const data = new Scripts(random).script(program, metas, 1, 700);
      const accounts = metas.map(({ key, signer, writable }): [Address, string] => [
        key,
        (writable ? "w" : "r") + (signer ? "s" : ""),
      ]);
      const wire = programs.transaction(program, {
        accounts,
        data,
        units: random.pick([200_000, 200_000, random.below(20_000)]),
      });
      try {
        const { ours } = programs.c.expectSame(wire);
        calls += ours.inner.length;
        if (i % CHUNK === 0) first = live(programs);
        expect(live(programs) - first, "bytes of the heap in use").toBeLessThan(STACKS);
        const outcome = JSON.stringify(ours.error);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      } catch (error) {
        throw new Error(`SBPF_SEED=${seed} SBPF_SCRIPTS=1: ${(error as Error).message}`, { cause: error });
      }
    }
    const report = [...outcomes].sort((a, b) => b[1] - a[1]).map(([outcome, count]) => `${count} ${outcome}`);
    console.log(`${SCRIPTS} scripts, ${calls} calls, ${report.length} outcomes:\n${report.slice(0, 30).join("\n")}`);
    expect(calls).toBeGreaterThan(SCRIPTS / 2);
    expect(outcomes.get("null") ?? 0).toBeGreaterThan(SCRIPTS / 10);
    expect(report.length).toBeGreaterThan(Math.min(12, SCRIPTS / 30));
  });
});
