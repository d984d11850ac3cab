/** Random System instructions over a World, and the creation of accounts for the other programs. */
import { createHash } from "node:crypto";
import type { Random } from "./random-prng.ts";
import { readonly, signer, token, writable } from "./random-token.ts";
import { type Ix, type Meta, u32, u64 } from "./random-wire.ts";
import { NATIVE_MINT, RECENT_BLOCKHASHES, RENT, rentExempt, SYSTEM, TOKEN, type World } from "./random-world.ts";

type Make = (r: Random, w: World) => Ix;

const system = (instruction: number, payload: Iterable<number>, accounts: Meta[]): Ix => ({
  program: SYSTEM,
  accounts,
  data: [...u32(instruction), ...payload],
});
const signerWritable = (key: Uint8Array): Meta => ({ key, signer: true, writable: true });
const anyone = (r: Random, w: World): Uint8Array =>
  r.hot(
    r.weighted([
      [8, w.wallets],
      [2, w.poor],
      [2, w.fresh],
    ]),
  );
const lamports = (r: Random): bigint =>
  r.weighted<() => bigint>([
    [20, () => BigInt(r.below(2_000_000))],
    [10, () => rentExempt(r.pick([0, 82, 165]))],
    [5, () => BigInt(r.below(1000))],
    [2, () => 0n],
    [1, () => BigInt(r.below(2 ** 31)) * 1000n],
    [1, () => 2n ** 64n - 1n],
  ])();

const anywhere = (r: Random, w: World): Uint8Array =>
  r.weighted<() => Uint8Array>([
    [12, () => anyone(r, w)],
    [3, () => r.pick(w.wrapped).key],
    [1, () => r.pick(w.tokens).key],
    [1, () => r.pick(w.odd)],
  ])();

const transfer: Make = (r, w) =>
  system(2, u64(lamports(r)), [
    { key: anyone(r, w), writable: true, signer: r.chance(0.97) },
    writable(anywhere(r, w)),
  ]);

const createAccount: Make = (r, w) => {
  const size = r.pick([0, 82, 165, 355, 80, 1000]);
  const balance = r.chance(0.85) ? rentExempt(size) : lamports(r);
  const owner = r.pick([TOKEN, TOKEN, SYSTEM, w.wallets[0]!]);
  const account = r.chance(0.9) ? r.pick(w.fresh) : r.pick(w.tokens).key;
  return system(0, [...u64(balance), ...u64(size), ...owner], [signerWritable(anyone(r, w)), signerWritable(account)]);
};

const assign: Make = (r, w) => system(1, r.pick([TOKEN, SYSTEM, w.wallets[0]!]), [signerWritable(r.pick(w.fresh))]);

const allocate: Make = (r, w) =>
  system(8, u64(r.pick([0, 10, 82, 165, 10_240, 11 * 1024 * 1024])), [signerWritable(r.pick(w.fresh))]);

const text = (value: string): number[] => [...u64(value.length), ...new TextEncoder().encode(value)];
const withSeed = (base: Uint8Array, seed: string, owner: Uint8Array): Uint8Array =>
  new Uint8Array(createHash("sha256").update(base).update(seed).update(owner).digest());

function seeded(r: Random, w: World) {
  const base = r.hot(w.wallets);
  const seed = r.pick(["", "a", "seed", "x".repeat(32), "x".repeat(33)]);
  const owner = r.pick([TOKEN, SYSTEM]);
  const key = r.chance(0.95) ? withSeed(base, seed, owner) : r.pick(w.fresh);
  return { base, seed, owner, key };
}

const createWithSeed: Make = (r, w) => {
  const { base, seed, owner, key } = seeded(r, w);
  const size = r.pick([0, 165]);
  const balance = r.chance(0.9) ? rentExempt(size) : lamports(r);
  const payload = [...base, ...text(seed), ...u64(balance), ...u64(size), ...owner];
  return system(3, payload, [signerWritable(r.pick(w.wallets)), writable(key), signer(base)]);
};

const allocateWithSeed: Make = (r, w) => {
  const { base, seed, owner, key } = seeded(r, w);
  return system(9, [...base, ...text(seed), ...u64(r.pick([0, 165])), ...owner], [writable(key), signer(base)]);
};

const assignWithSeed: Make = (r, w) => {
  const { base, seed, owner, key } = seeded(r, w);
  return system(10, [...base, ...text(seed), ...owner], [writable(key), signer(base)]);
};

const transferWithSeed: Make = (r, w) => {
  const { base, seed, owner, key } = seeded(r, w);
  const payload = [...u64(lamports(r)), ...text(seed), ...owner];
  return system(11, payload, [writable(key), signer(base), writable(anywhere(r, w))]);
};

/** Advance, withdraw, initialise, authorise, upgrade: the account, the sysvars it asks for, the authority. */
const nonce: Make = (r, w) => {
  const { key, authority } = r.pick(w.nonces);
  const by: Meta = { key: r.chance(0.85) ? authority : r.pick(w.wallets), signer: r.chance(0.97) };
  const account = { key, writable: r.chance(0.97) };
  const blockhashes = readonly(RECENT_BLOCKHASHES);
  const rent = readonly(RENT);
  const to = writable(r.pick(w.wallets));
  const amount = r.pick([1n, 500n, 1000n, rentExempt(80), rentExempt(80) + 3000n]);
  return r.weighted<() => Ix>([
    [5, () => system(4, [], [account, blockhashes, by])],
    [3, () => system(5, u64(amount), [account, to, blockhashes, rent, by])],
    [4, () => system(6, authority, [account, blockhashes, rent])],
    [3, () => system(7, r.pick([authority, r.pick(w.wallets)]), [account, by])],
    [1, () => system(12, [], [account])],
  ])();
};

const garbage: Make = (r, w) => {
  const accounts = Array.from({ length: r.below(4) }, () => ({
    key: anyone(r, w),
    signer: r.chance(0.5),
    writable: r.chance(0.7),
  }));
  return {
    program: SYSTEM,
    accounts,
    data: r.chance(0.5) ? [...u32(r.below(14)), ...r.bytes(r.below(60))] : r.bytes(r.below(20)),
  };
};

const MAKES: readonly (readonly [number, Make])[] = [
  [40, transfer],
  [10, createAccount],
  [3, assign],
  [3, allocate],
  [3, createWithSeed],
  [2, allocateWithSeed],
  [2, assignWithSeed],
  [3, transferWithSeed],
  [8, nonce],
  [3, garbage],
];

export function randomSystemInstruction(r: Random, w: World): Ix {
  return r.weighted(MAKES)(r, w);
}

/** Two instructions that make a token account again where one may have been closed. */
export function reviveTokenAccount(r: Random, w: World): Ix[] {
  const slot = r.pick(r.chance(0.6) ? w.wrapped : w.tokens);
  const mint = slot.mint < 0 ? NATIVE_MINT : w.mints[slot.mint]!.key;
  const extra = slot.mint < 0 ? 5_000_000n : 0n;
  const payload = [...u64(rentExempt(165) + extra), ...u64(165), ...TOKEN];
  return [
    system(0, payload, [signerWritable(r.pick(w.wallets)), signerWritable(slot.key)]),
    token(18, slot.owner, [writable(slot.key), readonly(mint)]),
  ];
}
