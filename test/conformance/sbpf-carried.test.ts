/**
 * The real programs of mainnet-beta at their own addresses, here and on Agave: everything is compared, compute units too.
 *   CARRIED_TRANSACTIONS (240 of each kind), CARRIED_SEED (1)
 */
import { getAddressDecoder } from "@solana/kit";
import { describe, expect, it } from "vitest";
import { ALL_REAL_PROGRAMS } from "../../shared/protocol/real-programs.ts";
import { Conformance, instruction, keyBytes, SYSTEM, testKey } from "./harness.ts";
import { LOADER, LOADER_V1, LOADER_V2, rent } from "./loader-fixture.ts";
import { Random } from "./random-prng.ts";
import { randomWorkload, type Workload } from "./random-workload.ts";
import { TOKEN, TOKEN_2022 } from "./random-world.ts";

const TRANSACTIONS = Number(process.env.CARRIED_TRANSACTIONS ?? 240);
const SEED = Number(process.env.CARRIED_SEED ?? 1);
const CHUNK = 500;

/** Both runtimes with all real programs; their addresses. */
async function realWorld(): Promise<{ c: Conformance; programs: string[] }> {
  const c = await Conformance.create({ realPrograms: ALL_REAL_PROGRAMS });
  const programs = [LOADER_V1, LOADER_V2, LOADER].flatMap((loader) =>
    c.agave.svm
      .getProgramAccounts(keyBytes(loader))
      .filter((entry) => entry.account().executable())
      .map(({ address }) => getAddressDecoder().decode(new Uint8Array(address))),
  );
  return { c, programs: programs.sort() };
}

/** Runs them all; how often each outcome was. */
function outcomes(c: Conformance, transactions: Iterable<Uint8Array>, again: string): Map<string, number> {
  const found = new Map<string, number>();
  let step = 0;
  for (const wire of transactions) {
    try {
      const outcome = JSON.stringify(c.expectSame(wire).ours.error);
      found.set(outcome, (found.get(outcome) ?? 0) + 1);
    } catch (error) {
      throw new Error(`${again}, step ${step}: ${(error as Error).message}`, { cause: error });
    }
    step += 1;
  }
  return found;
}

/** The same bytes with two keys exchanged wherever they stand. */
function exchanged(bytes: Uint8Array, one: Uint8Array, other: Uint8Array): Uint8Array {
  const latin = (of: Uint8Array): string => Buffer.from(of).toString("latin1");
  const [a, b] = [latin(one), latin(other)];
  const swapped = latin(bytes)
    .split(a)
    .map((part) => part.split(b).join(a))
    .join(b);
  return new Uint8Array(Buffer.from(swapped, "latin1"));
}

function withToken2022({ accounts, transactions }: Workload): Workload {
  const swap = (bytes: Uint8Array) => exchanged(bytes, TOKEN, TOKEN_2022);
  return {
    accounts: accounts.map(({ key, owner, data, ...rest }) => ({
      key: swap(key),
      owner: swap(owner),
      data: swap(data),
      ...rest,
    })),
    transactions: transactions.map(swap),
  };
}

/** The workload of random.test.ts with Token-2022 in the place of Token. */
async function runWorkload(): Promise<Map<string, number>> {
  const total = new Map<string, number>();
  for (let done = 0; done < TRANSACTIONS; done += CHUNK) {
    const { c } = await realWorld();
    const seed = SEED + done / CHUNK;
    const blockhash = c.context().hashes[0]!;
    const count = Math.min(CHUNK, TRANSACTIONS - done);
    const workload = withToken2022(randomWorkload(seed, count, { blockhash, associatedToken: true, memo: true }));
    for (const { key, ...account } of workload.accounts) c.setAccount(key, account);
    const again = `CARRIED_SEED=${seed} CARRIED_TRANSACTIONS=${CHUNK}`;
    for (const [outcome, n] of outcomes(c, workload.transactions, again))
      total.set(outcome, (total.get(outcome) ?? 0) + n);
  }
  return total;
}

const SYSVARS = ["Rent", "C1ock", "EpochSchedu1e", "1nstructions"].map((name) => `Sysvar${name}`.padEnd(43, "1"));

/** litesvm gives its sysvar accounts one lamport; Agave what rent asks for. */
function fundSysvars({ agave }: Conformance): void {
  for (const name of SYSVARS) {
    const account = agave.account(keyBytes(name));
    if (account) agave.setAccount(keyBytes(name), { ...account, lamports: rent(account.data.length) });
  }
}

/** Instruction data that begins like an instruction: a number of one or four bytes, then amounts, keys, options or anything. */
function randomData(r: Random, keys: readonly Uint8Array[]): Uint8Array {
  const bytes: number[] = r.chance(0.5) ? [r.below(48)] : [r.below(20), 0, 0, 0];
  if (r.chance(0.05)) return r.bytes(r.below(64));
  for (let n = r.below(4); n > 0; n--) {
    const part = r.weighted<() => ArrayLike<number>>([
      [3, () => [...new Uint8Array(new BigUint64Array([BigInt(r.below(1_000_000))]).buffer)]],
      [3, () => r.pick(keys)],
      [2, () => [r.below(3)]],
      [1, () => [r.below(10), 0, 0, 0]],
      [1, () => r.bytes(r.below(40))],
    ])();
    bytes.push(...Array.from(part));
  }
  return Uint8Array.from(bytes);
}

/** Calls of one program with accounts of its own, of others, sysvars and wallets. */
function* randomCalls(c: Conformance, program: string, r: Random): Generator<Uint8Array> {
  const wallets = [1, 2, 3].map((n) => testKey(n));
  const owned = Array.from({ length: 6 }, (_, i) => testKey(100 + i));
  for (const key of wallets) c.fund(key, 10n ** 12n);
  for (const key of owned) {
    const size = r.pick([0, 82, 165, 170, 200, 355, 3762, 56, 124]);
    const data = r.chance(0.6) ? new Uint8Array(size) : r.bytes(size).map((byte) => (r.chance(0.7) ? 0 : byte));
    c.setAccount(key, { lamports: 10n ** 9n, owner: r.chance(0.9) ? program : SYSTEM, data });
  }
  const pool = [...wallets, ...owned, ...owned, ...SYSVARS, SYSTEM, program];
  const keys = [...wallets, ...owned, program].map(keyBytes);
  for (let i = 0; i < 40; i++) {
    const accounts = Array.from({ length: r.below(7) }, (): [string, string] => {
      const key = r.pick(pool);
      const writable = key !== SYSTEM && key !== program && !SYSVARS.includes(key) && r.chance(0.8);
      const signer = wallets.includes(key as never) || r.chance(0.1);
      return [key, `${writable ? "w" : "r"}${signer ? "s" : ""}`];
    });
    yield c.transaction({ payer: wallets[0]!, instructions: [instruction(program, accounts, randomData(r, keys))] });
  }
}

describe("mainnet's programs", () => {
  it("are those of the genesis", async () => {
    expect((await realWorld()).programs).toEqual([
      "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL",
      "AddressLookupTab1e1111111111111111111111111",
      "Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo",
      "Memo4c2pN8afCj432Lb7RMVKi9PbQnnW7ewFFaV3oAH",
      "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr",
      "Stake11111111111111111111111111111111111111",
      "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
      "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb",
    ]);
  });

  it(`${TRANSACTIONS} random transactions of Token-2022, Associated Token and Memo from their ELFs, from seed ${SEED}`, {
    timeout: 0,
  }, async () => {
    const found = await runWorkload();
    expect(found.get("null") ?? 0).toBeGreaterThan(TRANSACTIONS / 4);
    expect(found.size).toBeGreaterThan(Math.min(20, TRANSACTIONS / 50));
  });

  it(`${TRANSACTIONS} calls of every program with random data and accounts`, { timeout: 0 }, async () => {
    const { c, programs } = await realWorld();
    fundSysvars(c);
    const found = new Set<string>();
    for (let done = 0, seed = SEED; done < TRANSACTIONS; done += 40, seed++) {
      const program = programs[seed % programs.length]!;
      const calls = randomCalls(c, program, new Random(seed));
      for (const outcome of outcomes(c, calls, `${program}, CARRIED_SEED=${seed} CARRIED_TRANSACTIONS=40`).keys()) {
        found.add(`${program} ${outcome}`);
      }
    }
    expect(found.size).toBeGreaterThan(Math.min(40, TRANSACTIONS / 20));
  });
});
