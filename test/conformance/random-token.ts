/** Random Token instructions over a World: mostly meant to succeed, with a model of who owns what that assumes they did. */
import type { Random } from "./random-prng.ts";
import { type Ix, type Meta, u64 } from "./random-wire.ts";
import { INCINERATOR, NATIVE_MINT, RENT, TOKEN, type TokenSlot, type World } from "./random-world.ts";

type Make = (r: Random, w: World) => Ix;

export const token = (instruction: number, payload: Iterable<number>, accounts: Meta[]): Ix => ({
  program: TOKEN,
  accounts,
  data: [instruction, ...payload],
});
export const writable = (key: Uint8Array): Meta => ({ key, writable: true });
export const readonly = (key: Uint8Array): Meta => ({ key });
export const signer = (key: Uint8Array): Meta => ({ key, signer: true });

/** The authority as an instruction names it: itself signing, or a multisig and (nearly always enough of) its members. */
function authority(r: Random, w: World, key: Uint8Array): Meta[] {
  const multisig = w.multisigs.find((known) => known.key === key);
  if (!multisig) return [signer(key)];
  const count = r.chance(0.9) ? multisig.m : r.below(multisig.members.length + 1);
  const members = [...multisig.members];
  for (let i = members.length - 1; i > 0; i--) {
    const j = r.below(i + 1);
    [members[i], members[j]] = [members[j]!, members[i]!];
  }
  return [readonly(key), ...members.slice(0, count).map((member) => ({ key: member, signer: r.chance(0.97) }))];
}

function amount(r: Random): bigint {
  return r.weighted<() => bigint>([
    [40, () => BigInt(r.below(200))],
    [20, () => BigInt(r.below(5000))],
    [3, () => 0n],
    [3, () => BigInt(r.below(100_000_000))],
    [1, () => 2n ** 64n - 1n],
    [1, () => r.u64()],
  ])();
}

const anySlot: (r: Random, w: World) => TokenSlot = (r, w) => (r.chance(0.85) ? r.hot(w.tokens) : r.pick(w.wrapped));
const mintOf = (w: World, slot: TokenSlot): Uint8Array => (slot.mint < 0 ? NATIVE_MINT : w.mints[slot.mint]!.key);
const decimalsOf = (w: World, slot: TokenSlot): number => (slot.mint < 0 ? 9 : w.mints[slot.mint]!.decimals);

/** A destination for tokens of `from`: nearly always of the same mint. */
function peer(r: Random, w: World, from: TokenSlot): TokenSlot {
  if (r.chance(0.04)) return from;
  if (r.chance(0.04)) return anySlot(r, w);
  return from.mint < 0 ? r.hot(w.wrapped) : r.hot(w.tokens.filter((slot) => slot.mint === from.mint));
}

const decimals = (r: Random, right: number): number => (r.chance(0.96) ? right : r.below(256));

const transfer: Make = (r, w) => {
  const from = anySlot(r, w);
  const accounts = [writable(from.key), writable(peer(r, w, from).key)];
  return token(3, u64(amount(r)), [...accounts, ...authority(r, w, from.owner)]);
};

const transferChecked: Make = (r, w) => {
  const from = anySlot(r, w);
  const accounts = [writable(from.key), readonly(mintOf(w, from)), writable(peer(r, w, from).key)];
  const payload = [...u64(amount(r)), decimals(r, decimalsOf(w, from))];
  return token(12, payload, [...accounts, ...authority(r, w, from.owner)]);
};

/** The delegates of the world at its start, and those given by approve. */
const transferByDelegate: Make = (r, w) => {
  const index = 5 * r.below(w.tokens.length / 5);
  const from = w.tokens[index]!;
  const accounts = [writable(from.key), writable(peer(r, w, from).key)];
  return token(3, u64(r.below(60)), [...accounts, signer(w.wallets[(index + 3) % w.wallets.length]!)]);
};

const mintTo: Make = (r, w) => {
  const to = r.hot(w.tokens);
  const mint = w.mints[to.mint]!;
  const checked = r.chance(0.3);
  const payload = [...u64(amount(r)), ...(checked ? [decimals(r, mint.decimals)] : [])];
  const accounts = [writable(mint.key), writable(to.key), ...authority(r, w, mint.authority)];
  return token(checked ? 14 : 7, payload, accounts);
};

const burn: Make = (r, w) => {
  const from = r.hot(w.tokens);
  const checked = r.chance(0.3);
  const payload = [...u64(amount(r)), ...(checked ? [decimals(r, decimalsOf(w, from))] : [])];
  const accounts = [writable(from.key), writable(mintOf(w, from)), ...authority(r, w, from.owner)];
  return token(checked ? 15 : 8, payload, accounts);
};

const approve: Make = (r, w) => {
  const source = anySlot(r, w);
  const delegate = readonly(r.pick(w.wallets));
  const by = authority(r, w, source.owner);
  if (r.chance(0.6)) return token(4, u64(amount(r)), [writable(source.key), delegate, ...by]);
  const payload = [...u64(amount(r)), decimals(r, decimalsOf(w, source))];
  return token(13, payload, [writable(source.key), readonly(mintOf(w, source)), delegate, ...by]);
};

const revoke: Make = (r, w) => {
  const source = anySlot(r, w);
  return token(5, [], [writable(source.key), ...authority(r, w, source.owner)]);
};

const setAccountAuthority: Make = (r, w) => {
  const slot = anySlot(r, w);
  const by = authority(r, w, slot.owner);
  if (r.chance(0.8)) {
    const next = r.chance(0.8) ? [1, ...r.pick(w.wallets)] : [0];
    return token(6, [3, ...next], [writable(slot.key), ...by]);
  }
  const next = r.chance(0.9) ? r.pick(w.wallets) : r.pick(w.multisigs).key;
  const instruction = token(6, [2, 1, ...next], [writable(slot.key), ...by]);
  slot.owner = next;
  return instruction;
};

const setMintAuthority: Make = (r, w) => {
  const mint = r.pick(w.mints);
  const freeze = r.chance(0.5);
  const by = authority(r, w, freeze ? mint.freeze : mint.authority);
  const type = r.chance(0.97) ? Number(freeze) : r.below(6);
  const next = r.pick(w.wallets);
  const instruction = token(6, [type, 1, ...next], [writable(mint.key), ...by]);
  if (freeze) mint.freeze = next;
  else mint.authority = next;
  return instruction;
};

const close: Make = (r, w) => {
  const slot = r.chance(0.5) ? r.pick(w.wrapped) : r.pick(w.tokens);
  const to = r.chance(0.05) ? INCINERATOR : r.pick([...w.wallets, slot.key]);
  return token(9, [], [writable(slot.key), writable(to), ...authority(r, w, slot.owner)]);
};

const toggle: Make = (r, w) => {
  const slot = r.hot(w.tokens);
  const mint = w.mints[slot.mint]!;
  const accounts = [writable(slot.key), readonly(mint.key), ...authority(r, w, mint.freeze)];
  return token(r.chance(0.2) ? 10 : 11, [], accounts);
};

const syncNative: Make = (r, w) => {
  const slot = r.chance(0.9) ? r.pick(w.wrapped) : r.pick(w.tokens);
  return token(17, [], [writable(slot.key), ...(r.chance(0.3) ? [readonly(RENT)] : [])]);
};

const initializeMint: Make = (r, w) => {
  const form = r.pick([0, 20]);
  const freeze = r.chance(0.5) ? [1, ...r.pick(w.wallets)] : [0];
  const accounts = [writable(r.pick(w.blank)), ...(form === 0 ? [readonly(RENT)] : [])];
  return token(form, [r.below(20), ...r.pick(w.wallets), ...freeze], accounts);
};

const initializeAccount: Make = (r, w) => {
  const form = r.pick([1, 16, 18]);
  const mint = r.chance(0.2) ? NATIVE_MINT : r.pick(w.mints).key;
  const owner = r.pick(w.wallets);
  const accounts = [writable(r.pick(w.blank)), readonly(mint)];
  if (form === 1) accounts.push(readonly(owner));
  if (form !== 18) accounts.push(readonly(RENT));
  return token(form, form === 1 ? [] : owner, accounts);
};

const initializeMultisig: Make = (r, w) => {
  const form = r.pick([2, 19]);
  const n = r.below(14);
  const members = Array.from({ length: n }, () => readonly(r.pick(w.wallets)));
  const accounts = [writable(r.pick(w.blank)), ...(form === 2 ? [readonly(RENT)] : []), ...members];
  return token(form, [r.below(Math.max(n, 1) + 1)], accounts);
};

const immutableOwner: Make = (r, w) => token(22, [], [writable(r.pick([...w.blank, anySlot(r, w).key]))]);

const dataSize: Make = (r, w) => token(21, r.chance(0.5) ? [] : [7, 0], [readonly(r.pick(w.mints).key)]);

const amountToUi: Make = (r, w) => token(23, u64(r.chance(0.5) ? amount(r) : r.u64()), [readonly(r.pick(w.mints).key)]);

const UI_AMOUNTS = [
  "0",
  "1",
  "1.5",
  ".25",
  "1.",
  "+7",
  "-7",
  "1.2.3",
  "",
  ".",
  "18446744073709551615",
  "0.000001",
  "1e3",
  "٣",
  "007",
  "+",
];

const uiToAmount: Make = (r, w) => {
  const text = r.chance(0.6)
    ? r.pick(UI_AMOUNTS)
    : `${r.below(100_000)}.${r.below(1_000_000)}${"0".repeat(r.below(4))}`;
  return token(24, r.chance(0.95) ? new TextEncoder().encode(text) : r.bytes(r.below(12)), [
    readonly(r.pick(w.mints).key),
  ]);
};

const withdrawExcess: Make = (r, w) => {
  const destination = writable(r.pick(w.wallets));
  const kind = r.below(3);
  if (kind === 0) {
    const slot = anySlot(r, w);
    return token(38, [], [writable(slot.key), destination, ...authority(r, w, slot.owner)]);
  }
  if (kind === 1) {
    const mint = r.pick(w.mints);
    return token(38, [], [writable(mint.key), destination, ...authority(r, w, mint.authority)]);
  }
  const multisig = r.pick(w.multisigs);
  return token(38, [], [writable(multisig.key), destination, ...authority(r, w, multisig.key)]);
};

const unwrap: Make = (r, w) => {
  const slot = r.chance(0.93) ? r.pick(w.wrapped) : r.pick(w.tokens);
  const payload = r.chance(0.2) ? [0] : [1, ...u64(amount(r))];
  const to = r.chance(0.9) ? r.pick(w.wallets) : slot.key;
  return token(45, payload, [writable(slot.key), writable(to), ...authority(r, w, slot.owner)]);
};

const batch: Make = (r, w) => {
  const instructions = Array.from({ length: 1 + r.below(4) }, () => r.weighted(PLAIN)(r, w));
  const payload = instructions.flatMap(({ accounts, data }) => [accounts.length, data.length, ...data]);
  return token(
    255,
    payload,
    instructions.flatMap((instruction) => instruction.accounts),
  );
};

const garbage: Make = (r, w) => {
  const keys = [w.wallets, w.odd, w.blank, w.fresh, w.tokens.map((slot) => slot.key), w.mints.map((mint) => mint.key)];
  const accounts = Array.from({ length: r.below(7) }, () => ({
    key: r.pick(r.pick(keys)),
    signer: r.chance(0.2),
    writable: r.chance(0.6),
  }));
  const data = r.bytes(r.below(70));
  if (data.length > 0 && r.chance(0.9)) data[0] = r.below(50);
  if (data.length > 1 && r.chance(0.5)) data.fill(0, 1, 1 + r.below(9));
  return {
    program: TOKEN,
    accounts: accounts.map((meta) => ({ ...meta, signer: meta.signer && canSign(w, meta.key) })),
    data,
  };
};

/** Only keys with a secret may be named as signers, or no real client could send the transaction. */
export function canSign(w: World, key: Uint8Array): boolean {
  return ![...w.odd, ...w.multisigs.map((multisig) => multisig.key)].includes(key);
}

const PLAIN: readonly (readonly [number, Make])[] = [
  [30, transfer],
  [14, transferChecked],
  [8, transferByDelegate],
  [9, mintTo],
  [6, burn],
  [6, approve],
  [3, revoke],
  [4, setAccountAuthority],
  [1, setMintAuthority],
  [3, close],
  [3, toggle],
  [3, syncNative],
  [2, initializeMint],
  [4, initializeAccount],
  [3, initializeMultisig],
  [1, immutableOwner],
  [1, dataSize],
  [2, amountToUi],
  [3, uiToAmount],
  [3, withdrawExcess],
  [4, unwrap],
];
const ALL: readonly (readonly [number, Make])[] = [...PLAIN, [7, batch], [5, garbage]];

/** One change that makes an instruction wrong, usually. */
function damage(r: Random, w: World, instruction: Ix): void {
  const { accounts } = instruction;
  const at = r.below(Math.max(accounts.length, 1));
  const data = [...instruction.data];
  const change = (fields: Partial<Meta>): void => {
    const account = accounts[at];
    if (account) accounts[at] = { ...account, ...fields };
  };
  r.weighted<() => unknown>([
    [3, () => accounts.splice(at, 1)],
    [3, () => change({ signer: false })],
    [3, () => change({ writable: false })],
    [4, () => change({ key: r.pick(w.odd), signer: false })],
    [3, () => change({ key: r.pick(w.tokens).key, signer: false })],
    [2, () => accounts[at] && accounts.splice(r.below(accounts.length + 1), 0, accounts[at])],
    [2, () => data.splice(r.below(data.length + 1))],
    [2, () => data.splice(r.below(data.length), 1, r.below(256))],
    [1, () => data.push(r.below(256))],
  ])();
  instruction.data = data;
}

export function randomTokenInstruction(r: Random, w: World): Ix {
  const instruction = r.weighted(ALL)(r, w);
  if (r.chance(0.12)) damage(r, w, instruction);
  return instruction;
}
