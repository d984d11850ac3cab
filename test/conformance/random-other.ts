/** Random instructions of the smaller programs: Associated Token, Memo, Compute Budget, and programs that are not there. */
import type { Random } from "./random-prng.ts";
import { readonly } from "./random-token.ts";
import { type Ix, u32, u64, type V1Config, v1Config } from "./random-wire.ts";
import { ASSOCIATED_TOKEN, COMPUTE_BUDGET, MEMO, NATIVE_MINT, SYSTEM, TOKEN, type World } from "./random-world.ts";

/** Associated accounts are found once for each wallet and mint: the search costs far more than a transaction. */
const associated = new WeakMap<World, Map<string, Uint8Array>>();

function associatedAccount(w: World, wallet: Uint8Array, mint: Uint8Array): Uint8Array {
  const known = associated.get(w) ?? new Map<string, Uint8Array>();
  associated.set(w, known);
  const name = `${wallet} ${mint}`;
  const key = known.get(name) ?? w.associated(wallet, mint);
  known.set(name, key);
  return key;
}

export function randomAssociatedTokenInstruction(r: Random, w: World): Ix {
  const payer = r.pick(w.wallets);
  // Mostly one's own account, as wallets make it: then payer and wallet are one account, named twice.
  const wallet = r.chance(0.5) ? payer : r.pick(r.chance(0.8) ? w.wallets : w.fresh.slice(0, 6));
  const mint = r.chance(0.9) ? r.pick(w.mints).key : r.chance(0.5) ? NATIVE_MINT : r.pick(w.odd);
  const key = r.chance(0.96) ? associatedAccount(w, wallet, mint) : r.pick(w.fresh);
  const accounts = [
    { key: payer, signer: true, writable: true },
    { key, writable: true },
    readonly(wallet),
    readonly(mint),
    readonly(SYSTEM),
    readonly(TOKEN),
  ];
  if (r.chance(0.04)) accounts.splice(r.below(accounts.length), 1);
  return {
    program: ASSOCIATED_TOKEN,
    accounts,
    data: r.weighted([
      [5, [1]],
      [3, [0]],
      [2, []],
      [1, [3]],
    ]),
  };
}

export function randomRecoverNested(r: Random, w: World): Ix {
  const { wallet, ownerMint, mint, owner, nested, destination } = r.pick(w.nested);
  const accounts = [
    { key: nested, writable: true },
    readonly(mint),
    { key: destination, writable: true },
    readonly(owner),
    readonly(r.chance(0.95) ? ownerMint : mint),
    { key: wallet, writable: true, signer: r.chance(0.95) },
    readonly(TOKEN),
  ];
  if (r.chance(0.05)) accounts.splice(r.below(accounts.length), 1);
  return { program: ASSOCIATED_TOKEN, accounts, data: [2] };
}

export function randomMemoInstruction(r: Random, w: World): Ix {
  const accounts = Array.from({ length: r.below(3) }, () => ({ key: r.pick(w.wallets), signer: r.chance(0.9) }));
  const memo = r.chance(0.9) ? new TextEncoder().encode(`memo ${r.u32()} ✓`) : r.bytes(r.below(30));
  return { program: MEMO, accounts, data: memo };
}

/** A unit limit far from what is used or near it, a price, a heap, a limit of loaded data; now and then a bad one. */
export function randomBudgetInstruction(r: Random): Ix {
  const data = r.weighted<() => number[]>([
    [5, () => [2, ...u32(300_000 + r.below(2_000_000))]],
    [2, () => [2, ...u32(r.below(20_000))]],
    [2, () => [2, ...u32(r.below(400))]],
    [5, () => [3, ...u64(r.below(100_000))]],
    [2, () => [1, ...u32(1024 * (32 + r.below(225)))]],
    [1, () => [4, ...u32(1_000_000 + r.below(64_000_000))]],
    [1, () => [...r.bytes(r.below(8))]],
  ])();
  return { program: COMPUTE_BUDGET, accounts: [], data };
}

/** A config of version 1: nearly always enough, now and then few units, none, no loaded data or what must be refused. */
export function randomConfig(r: Random): V1Config {
  const units = r.weighted([
    [30, 1_400_000],
    [3, 1_400_000 + r.below(1 << 30)],
    [4, r.below(20_000)],
    [1, undefined],
  ]);
  return v1Config({
    ...(r.chance(0.4) && { priorityFee: r.chance(0.95) ? BigInt(r.below(1_000_000)) : r.u64() }),
    ...(units !== undefined && { units }),
    // Some sysvars are larger here than in litesvm: the limit is far away from what is loaded.
    ...(r.chance(0.97) && { loaded: r.chance(0.95) ? 1_000_000 + r.below(1 << 27) : r.below(64) }),
    ...(r.chance(0.2) && { heap: r.chance(0.9) ? 1024 * (32 + r.below(225)) : r.u32() }),
  });
}

export function missingProgram(r: Random, w: World): Ix {
  return { program: r.pick([w.fresh[39]!, w.wallets[3]!, NATIVE_MINT]), accounts: [], data: [] };
}
