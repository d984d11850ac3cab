/** `jsonParsed` of the upgradeable loader, in the shapes of Agave's account-decoder and transaction-status. */
import { expect, test } from "vitest";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import { BPF_LOADER_2, BPF_LOADER_UPGRADEABLE } from "../../../shared/rpc/keys.ts";
import { parseAccountData } from "../../../shared/rpc/parse-account.ts";
import { parsedInstruction } from "../../../shared/rpc/parse-instruction.ts";

const key = (n: number) => new Uint8Array(32).fill(n);
const owner = key(0);
owner.set(
  Uint8Array.from(
    "02a8f6914e88a1b0e210153ef763ae2b00c2b93d16c124d2c0537a1004800000"
      .match(/../g)!
      .map((pair) => Number.parseInt(pair, 16)),
  ),
);
const u32 = (n: number) => [n & 255, (n >> 8) & 255, (n >> 16) & 255, n >>> 24];
const u64 = (n: number) => [...u32(n), 0, 0, 0, 0];

const account = (...data: number[]) =>
  parseAccountData(
    { key: key(9), owner, lamports: 1n, rentEpoch: 0n, executable: false, data: Uint8Array.from(data) },
    undefined,
  );
const shown = (parsed: unknown, space: number) => ({ program: "bpf-upgradeable-loader", parsed, space });

test("the owner is the upgradeable loader", () => expect(encodeBase58(owner)).toBe(BPF_LOADER_UPGRADEABLE));

test("accounts of the upgradeable loader are parsed", () => {
  const a = encodeBase58(key(3));
  expect(account(...u32(0))).toEqual(shown({ type: "uninitialized" }, 4));
  expect(account(...u32(1), 1, ...key(3), 7, 8)).toEqual(
    shown({ type: "buffer", info: { authority: a, data: ["Bwg=", "base64"] } }, 39),
  );
  expect(account(...u32(1), 0, 7, 8)).toEqual(
    shown({ type: "buffer", info: { authority: null, data: ["Bwg=", "base64"] } }, 7),
  );
  expect(account(...u32(2), ...key(3))).toEqual(shown({ type: "program", info: { programData: a } }, 36));
  expect(account(...u32(3), ...u64(42), 1, ...key(3), 7, 8)).toEqual(
    shown({ type: "programData", info: { slot: 42n, authority: a, data: ["Bwg=", "base64"] } }, 47),
  );
});

test("what is no account of the loader, or ends too early, is not parsed", () => {
  for (const data of [
    [],
    [1, 0, 0],
    u32(4),
    u32(1),
    [...u32(1), 2],
    [...u32(1), 1, 5],
    [...u32(2), 1],
    u32(3),
    [...u32(3), ...u64(1)],
  ]) {
    expect(account(...data)).toBeNull();
  }
});

const KEYS = [...Array.from({ length: 9 }, (_, i) => encodeBase58(key(i + 1))), BPF_LOADER_UPGRADEABLE];
const [a, b, c, d, e, f, g, h] = KEYS as [string, string, string, string, string, string, string, string];
const parse = (accounts: number, ...data: number[]) =>
  parsedInstruction(
    { programIdIndex: 9, accounts: Array.from({ length: accounts }, (_, i) => i), data: Uint8Array.from(data) },
    KEYS,
    1,
  ) as { parsed?: unknown };

test.each([
  [2, u32(0), { type: "initializeBuffer", info: { account: a, authority: b } }],
  [
    2,
    [...u32(1), ...u32(4242), ...u64(2), 7, 8],
    { type: "write", info: { offset: 4242, bytes: "Bwg=", account: a, authority: b } },
  ],
  [
    8,
    [...u32(2), ...u64(54321)],
    {
      type: "deployWithMaxDataLen",
      info: {
        maxDataLen: 54321n,
        payerAccount: a,
        programDataAccount: b,
        programAccount: c,
        bufferAccount: d,
        rentSysvar: e,
        clockSysvar: f,
        systemProgram: g,
        authority: h,
      },
    },
  ],
  [
    7,
    u32(3),
    {
      type: "upgrade",
      info: {
        programDataAccount: a,
        programAccount: b,
        bufferAccount: c,
        spillAccount: d,
        rentSysvar: e,
        clockSysvar: f,
        authority: g,
      },
    },
  ],
  [2, u32(4), { type: "setAuthority", info: { account: a, authority: b, newAuthority: null } }],
  [3, u32(4), { type: "setAuthority", info: { account: a, authority: b, newAuthority: c } }],
  [3, u32(5), { type: "close", info: { account: a, recipient: b, authority: c, programAccount: null } }],
  [
    4,
    [...u32(6), ...u32(10)],
    {
      type: "extendProgram",
      info: { additionalBytes: 10, programDataAccount: a, programAccount: b, systemProgram: c, payerAccount: d },
    },
  ],
  [3, u32(7), { type: "setAuthorityChecked", info: { account: a, authority: b, newAuthority: c } }],
  [3, u32(8), { type: "migrate", info: { programDataAccount: a, programAccount: b, authority: c } }],
  [
    3,
    [...u32(9), ...u32(10)],
    {
      type: "extendProgramChecked",
      info: {
        additionalBytes: 10,
        programDataAccount: a,
        programAccount: b,
        authority: c,
        systemProgram: null,
        payerAccount: null,
      },
    },
  ],
] as const)("instruction %# of the upgradeable loader is parsed", (accounts, data, parsed) => {
  expect(parse(accounts, ...data)).toEqual({
    program: "bpf-upgradeable-loader",
    programId: BPF_LOADER_UPGRADEABLE,
    parsed,
    stackHeight: 1,
  });
});

test("an instruction with too few accounts, an unknown number or data that end too early is decoded in part", () => {
  for (const [accounts, data] of [
    [7, [...u32(2), ...u64(1)]],
    [2, u32(10)],
    [2, [...u32(1), ...u32(0), ...u64(3), 1, 2]],
    [3, [1, 0]],
  ] as const) {
    expect(parse(accounts, ...data).parsed).toBeUndefined();
  }
});

test("instructions of loader v2 are parsed", () => {
  const keys = [a, b, BPF_LOADER_2];
  const said = (accounts: number, ...data: number[]) =>
    parsedInstruction(
      { programIdIndex: 2, accounts: Array.from({ length: accounts }, (_, i) => i), data: Uint8Array.from(data) },
      keys,
      1,
    );
  const bytes = new Array<number>(99).fill(8);
  const written = [...u32(0), ...u32(4242), ...u64(99), ...bytes];
  const shownAs = (parsed: object) => ({ program: "bpf-loader", programId: BPF_LOADER_2, parsed, stackHeight: 1 });
  const info = { offset: 4242, bytes: Buffer.from(bytes).toString("base64"), account: a };
  expect(said(1, ...written)).toEqual(shownAs({ type: "write", info }));
  expect(said(2, ...u32(1))).toEqual(shownAs({ type: "finalize", info: { account: a } }));
  const others = [said(0, ...written), said(1, ...u32(1)), said(2, ...u32(2)), said(1, ...written.slice(0, -1))];
  for (const other of others) expect(other).not.toHaveProperty("parsed");
});
