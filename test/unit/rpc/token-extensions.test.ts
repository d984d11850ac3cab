/** `extensions` of mints and accounts. Expected: Agave's account-decoder, parse_token.rs (its tests' values) and parse_token_extension.rs. */
import { describe, expect, test } from "vitest";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import { parseTokenData } from "../../../shared/rpc/parse-token-account.ts";
import { TYPE_ACCOUNT, TYPE_MINT } from "../../../shared/rpc/token-state.ts";
import { mintData, tokenData } from "./states.ts";
import { borshText, entry, extended, f64, i16, i64, key, u16, u32, u64 } from "./token-2022-states.ts";

const name = (fill: number) => encodeBase58(key(fill));
const NONE = key(0);
const base64 = (size: number, fill: number) => Buffer.alloc(size, fill).toString("base64");
const bytes = (size: number, fill: number) => new Uint8Array(size).fill(fill);

type Shown = { info: { extensions?: unknown } } | null;
const mint = (...entries: Uint8Array[]) =>
  (parseTokenData(extended(mintData(42n, 3, key(3)), TYPE_MINT, ...entries), undefined) as Shown)?.info.extensions;
const held = tokenData({ mint: key(2), owner: key(3), amount: 42n });
const account = (...entries: Uint8Array[]) =>
  (parseTokenData(extended(held, TYPE_ACCOUNT, ...entries), { decimals: 2, unixTimestamp: 0n }) as Shown)?.info
    .extensions;

type Case = [extension: string, entry: Uint8Array, state: object | undefined];

const fee = (epoch: number, maximum: number, points: number) => [u64(epoch), u64(maximum), u16(points)] as const;
const mints: Case[] = [
  [
    "transferFeeConfig",
    entry(1, key(4), key(5), u64(0), ...fee(1, 100, 10), ...fee(2, 200, 20)),
    {
      transferFeeConfigAuthority: name(4),
      withdrawWithheldAuthority: name(5),
      withheldAmount: 0n,
      olderTransferFee: { epoch: 1n, maximumFee: 100n, transferFeeBasisPoints: 10 },
      newerTransferFee: { epoch: 2n, maximumFee: 200n, transferFeeBasisPoints: 20 },
    },
  ],
  ["mintCloseAuthority", entry(3, key(3)), { closeAuthority: name(3) }],
  ["mintCloseAuthority", entry(3, NONE), { closeAuthority: null }],
  [
    "confidentialTransferMint",
    entry(4, key(4), 1, key(9)),
    { authority: name(4), autoApproveNewAccounts: true, auditorElgamalPubkey: base64(32, 9) },
  ],
  [
    "confidentialTransferMint",
    entry(4, NONE, 0, NONE),
    { authority: null, autoApproveNewAccounts: false, auditorElgamalPubkey: null },
  ],
  ["defaultAccountState", entry(6, 2), { accountState: "frozen" }],
  ["defaultAccountState", entry(6, 9), { accountState: "uninitialized" }],
  ["nonTransferable", entry(9), undefined],
  [
    "interestBearingConfig",
    entry(10, key(4), i64(100), i16(200), i64(300), i16(-400)),
    {
      rateAuthority: name(4),
      initializationTimestamp: 100n,
      preUpdateAverageRate: 200,
      lastUpdateTimestamp: 300n,
      currentRate: -400,
    },
  ],
  ["permanentDelegate", entry(12, key(4)), { delegate: name(4) }],
  ["permanentDelegate", entry(12, NONE), { delegate: null }],
  ["transferHook", entry(14, key(4), key(5)), { authority: name(4), programId: name(5) }],
  [
    "confidentialTransferFeeConfig",
    entry(16, NONE, NONE, 0, bytes(64, 0)),
    {
      authority: null,
      withdrawWithheldAuthorityElgamalPubkey: base64(32, 0),
      harvestToMintEnabled: false,
      withheldAmount: base64(64, 0),
    },
  ],
  ["metadataPointer", entry(18, key(4), key(5)), { authority: name(4), metadataAddress: name(5) }],
  ["metadataPointer", entry(18, NONE, NONE), { authority: null, metadataAddress: null }],
  [
    "tokenMetadata",
    entry(19, key(4), key(5), borshText("name"), borshText("sym"), borshText("uri"), u32(0)),
    { updateAuthority: name(4), mint: name(5), name: "name", symbol: "sym", uri: "uri", additionalMetadata: [] },
  ],
  [
    "tokenMetadata",
    entry(19, NONE, key(5), ...["", "☃", ""].map(borshText), u32(1), borshText("colour"), borshText("red"), 0, 0),
    {
      updateAuthority: null,
      mint: name(5),
      name: "",
      symbol: "☃",
      uri: "",
      additionalMetadata: [["colour", "red"]],
    },
  ],
  ["groupPointer", entry(20, key(4), key(5)), { authority: name(4), groupAddress: name(5) }],
  [
    "tokenGroup",
    entry(21, key(4), key(5), u64(1), u64(10)),
    { updateAuthority: name(4), mint: name(5), size: 1n, maxSize: 10n },
  ],
  ["groupMemberPointer", entry(22, key(4), key(5)), { authority: name(4), memberAddress: name(5) }],
  ["tokenGroupMember", entry(23, key(4), key(5), u64(7)), { mint: name(4), group: name(5), memberNumber: 7n }],
  [
    "confidentialMintBurn",
    entry(24, bytes(64, 1), bytes(36, 2), bytes(32, 3), bytes(64, 4)),
    {
      confidentialSupply: base64(64, 1),
      decryptableSupply: base64(36, 2),
      supplyElgamalPubkey: base64(32, 3),
      pendingBurn: base64(64, 4),
    },
  ],
  [
    "scaledUiAmountConfig",
    entry(25, key(4), f64(2), i64(50), f64(3.25)),
    {
      authority: name(4),
      multiplier: "2",
      newMultiplierEffectiveTimestamp: 50n,
      newMultiplier: "3.25",
    },
  ],
  ["pausableConfig", entry(26, key(4), 1), { authority: name(4), paused: true }],
  ["pausableConfig", entry(26, NONE, 0), { authority: null, paused: false }],
  ["permissionedBurnConfig", entry(28, key(4)), { authority: name(4) }],
  ["permissionedBurnConfig", entry(28, NONE), { authority: null }],
];

const accounts: Case[] = [
  ["transferFeeAmount", entry(2, u64(9)), { withheldAmount: 9n }],
  [
    "confidentialTransferAccount",
    entry(5, 1, key(1), ...[2, 3, 4].map((fill) => bytes(64, fill)), bytes(36, 5), 1, 0, ...[1, 2, 3, 4].map(u64)),
    {
      approved: true,
      elgamalPubkey: base64(32, 1),
      pendingBalanceLo: base64(64, 2),
      pendingBalanceHi: base64(64, 3),
      availableBalance: base64(64, 4),
      decryptableAvailableBalance: base64(36, 5),
      allowConfidentialCredits: true,
      allowNonConfidentialCredits: false,
      pendingBalanceCreditCounter: 1n,
      maximumPendingBalanceCreditCounter: 2n,
      expectedPendingBalanceCreditCounter: 3n,
      actualPendingBalanceCreditCounter: 4n,
    },
  ],
  ["immutableOwner", entry(7), undefined],
  ["memoTransfer", entry(8, 1), { requireIncomingTransferMemos: true }],
  ["cpiGuard", entry(11, 0), { lockCpi: false }],
  ["nonTransferableAccount", entry(13), undefined],
  ["transferHookAccount", entry(15, 0), { transferring: false }],
  ["confidentialTransferFeeAmount", entry(17, bytes(64, 6)), { withheldAmount: base64(64, 6) }],
  ["pausableAccount", entry(27), undefined],
];

const shown = (extension: string, state: object | undefined) => (state ? { extension, state } : { extension });
const UNPARSEABLE = { extension: "unparseableExtension" };
const FREE = new Set([
  "tokenMetadata",
  "immutableOwner",
  "nonTransferable",
  "nonTransferableAccount",
  "pausableAccount",
]);

describe("of a mint", () => {
  test.each(mints)("%s %#", (extension, data, state) => {
    expect(mint(data)).toEqual([shown(extension, state)]);
  });
  test.each(mints.filter(([, , state]) => state))("%s %#: an account cannot have it", (_, data) => {
    expect(account(data)).toEqual([UNPARSEABLE]);
  });
});

describe("of an account", () => {
  test.each(accounts)("%s %#", (extension, data, state) => {
    expect(account(data)).toEqual([shown(extension, state)]);
  });
  test.each(accounts.filter(([, , state]) => state))("%s %#: a mint cannot have it", (_, data) => {
    expect(mint(data)).toEqual([UNPARSEABLE]);
  });
});

test.each([...mints, ...accounts].filter(([extension]) => !FREE.has(extension)))(
  "%s %#: of another length it cannot be read, and the others are shown",
  (_, data) => {
    const [show, other] = mints.some(([, one]) => one === data) ? [mint, entry(9)] : [account, entry(7)];
    const others = show(other) as object[];
    const type = data[0]!;
    expect(show(other, entry(type, data.subarray(4), 0))).toEqual([...others, UNPARSEABLE]);
    expect(show(entry(type, data.subarray(5)), other)).toEqual([UNPARSEABLE, ...others]);
  },
);

describe("the list of entries", () => {
  const guard = entry(11, 1);
  const memo = entry(8, 1);
  const both = [shown("memoTransfer", { requireIncomingTransferMemos: true }), shown("cpiGuard", { lockCpi: true })];
  test("keeps its order", () => expect(account(memo, guard)).toEqual(both));
  test("ends with type 0, or with one byte", () => {
    expect(account(memo, guard, bytes(20, 0), memo)).toEqual(both);
    expect(account(memo, guard, bytes(1, 9))).toEqual(both);
  });
  test("is left out where there is none", () => {
    expect(account()).toBeUndefined();
    expect(account(bytes(40, 0))).toBeUndefined();
    expect(mint(bytes(40, 0))).toBeUndefined();
  });
  test("is left out as a whole where a type is unknown or an entry does not fit", () => {
    expect(account(memo, entry(29))).toBeUndefined();
    expect(account(memo, guard.subarray(0, 3))).toBeUndefined();
    expect(account(memo, guard.subarray(0, 4))).toBeUndefined();
  });
  test("a type that is there twice is read from its first entry", () => {
    expect(account(memo, entry(8, 0))).toEqual([both[0], both[0]]);
  });
});

test("metadata that are no text, or say that there are more, cannot be read", () => {
  const text = entry(19, NONE, key(5), u32(2), 0xff, 0xff, u32(0), u32(0), u32(0));
  const count = entry(19, NONE, key(5), u32(0), u32(0), u32(0), u32(0xffff_ffff));
  expect(mint(text)).toEqual([UNPARSEABLE]);
  expect(mint(count)).toEqual([UNPARSEABLE]);
});

test("a mint with anything between its base and its extensions is none", () => {
  const data = extended(mintData(42n, 3, null), TYPE_MINT, entry(9));
  expect(parseTokenData(data, undefined)).toMatchObject({ type: "mint" });
  data[100] = 1;
  expect(parseTokenData(data, undefined)).toBeNull();
});

test("data as long as a multisig are neither a mint nor an account", () => {
  const padded = extended(mintData(42n, 3, null), TYPE_MINT, bytes(355 - 166, 0));
  expect(padded).toHaveLength(355);
  expect(parseTokenData(padded, undefined)).toBeNull();
});
