/**
 * Calls between programs that are carried and programs of a shard: a stored Associated Token calls the carried Token, the carried one a
 * stored Token and Token-2022.
 *   MIXED_TRANSACTIONS (1000), RANDOM_SEED (1)
 */
import { type Address, getProgramDerivedAddress, type Instruction } from "@solana/kit";
import { describe, expect, it } from "vitest";
import { REAL_PROGRAMS } from "../../shared/protocol/real-programs.ts";
import { Conformance, instruction, type Key, keyBytes, SYSTEM, testKey } from "./harness.ts";
import { createAccount, u64 } from "./harness-system.ts";
import { failed } from "./loader-fixture.ts";
import { randomWorkload } from "./random-workload.ts";
import { payer, SbpfWorld } from "./sbpf-fixture.ts";

const TRANSACTIONS = Number(process.env.MIXED_TRANSACTIONS ?? 1_000);
const SEED = Number(process.env.RANDOM_SEED ?? 1);
const TOKEN_2022 = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb" as Address;
const ASSOCIATED = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL" as Address;

describe.each(["token", "associated-token", "memo"])("where only %s is stored and not carried", (name) => {
  it(`${TRANSACTIONS} random transactions have the same effects as on Agave, from seed ${SEED}`, async () => {
    const c = await Conformance.create({ realPrograms: REAL_PROGRAMS[name]!.flag });
    const blockhash = c.context().hashes[0]!;
    const workload = randomWorkload(SEED, TRANSACTIONS, { blockhash, associatedToken: true, memo: true });
    for (const { key, ...account } of workload.accounts) c.setAccount(key, account);
    let called = 0;
    for (const [step, wire] of workload.transactions.entries()) {
      try {
        called += c.expectSame(wire).ours.inner.length ? 1 : 0;
      } catch (error) {
        throw new Error(`RANDOM_SEED=${SEED}, step ${step}: ${(error as Error).message}`, { cause: error });
      }
    }
    expect(called).toBeGreaterThan(TRANSACTIONS / 50);
  });
});

describe("the Associated Token program with Token-2022", () => {
  const mint = testKey(60);
  const other = testKey(61);
  const associated = async (wallet: Key, of: Key): Promise<Address> => {
    const seeds = [keyBytes(wallet), keyBytes(TOKEN_2022), keyBytes(of)];
    const [derived] = await getProgramDerivedAddress({ programAddress: ASSOCIATED, seeds });
    return derived;
  };
  const token = (accounts: [Key, string][], ...data: number[]): Instruction => instruction(TOKEN_2022, accounts, data);
  const create = (account: Key, wallet: Key, of: Key, idempotent: number): Instruction =>
    instruction(
      ASSOCIATED,
      [
        [payer, "ws"],
        [account, "w"],
        [wallet, "r"],
        [of, "r"],
        [SYSTEM, "r"],
        [TOKEN_2022, "r"],
      ],
      [idempotent],
    );

  async function world(): Promise<SbpfWorld> {
    const w = await SbpfWorld.create();
    await w.deploy(TOKEN_2022, await w.elf(TOKEN_2022), "v3");
    for (const key of [mint, other]) {
      const account: [Key, string][] = [
        [payer, "ws"],
        [key, "ws"],
      ];
      const initialize = token([[key, "w"]], 20, 6, ...keyBytes(payer), 0);
      w.run([createAccount(account, 10n ** 9n, 82n, TOKEN_2022), initialize], null);
    }
    return w;
  }

  it("creates an account, and finds it", async () => {
    const w = await world();
    const account = await associated(payer, mint);
    const { ours } = w.run(create(account, payer, mint, 0), null);
    expect(ours.inner.map(({ data }) => data[0])).toEqual([21, 0, 22, 18]);
    expect(w.c.account(account)!.data.length).toBe(170);
    w.run(create(account, payer, mint, 1), null);
    w.run(create(account, payer, mint, 0), failed("IllegalOwner"));
    w.run(
      token(
        [
          [mint, "w"],
          [account, "w"],
          [payer, "rs"],
        ],
        7,
        ...u64(1000n),
      ),
      null,
    );
  });

  it("recovers a nested account", async () => {
    const w = await world();
    const owner = await associated(payer, mint);
    const nested = await associated(owner, other);
    const destination = await associated(payer, other);
    w.run([create(owner, payer, mint, 0), create(nested, owner, other, 0), create(destination, payer, other, 0)], null);
    w.run(
      token(
        [
          [other, "w"],
          [nested, "w"],
          [payer, "rs"],
        ],
        7,
        ...u64(5n),
      ),
      null,
    );
    const accounts: [Key, string][] = [
      [nested, "w"],
      [other, "r"],
      [destination, "w"],
      [owner, "r"],
      [mint, "r"],
      [payer, "ws"],
      [TOKEN_2022, "r"],
    ];
    w.run(instruction(ASSOCIATED, accounts, [2]), null);
    expect(w.c.account(nested)).toBe(null);
    expect(w.c.account(destination)!.data[64]).toBe(5);
  });
});
