// The Associated Token Account program against the real ELF in litesvm: create, create idempotent, recover nested; calls, logs, errors.
import { type Address, getAddressEncoder, getProgramDerivedAddress } from "@solana/kit";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { Conformance, instruction, keyBytes, SYSTEM, testKey } from "./harness.ts";

const ATA = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL" as Address;
const TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA" as Address;
const RENT = 2_039_280n;
const encoder = getAddressEncoder();
const payer = testKey(1);
const wallet = testKey(2);
const [mint, otherMint] = [testKey(50), testKey(51)];
type Metas = [Address, string][];
type Expected = Parameters<Conformance["expect"]>[1];
const failed = (error: unknown): Expected => ({ InstructionError: [0, error] }) as Expected;
/** Errors cost a fixed number here. */

async function addressOf(owner: Address, of: Address, program = TOKEN): Promise<Address> {
  const seeds = [owner, program, of].map((key) => encoder.encode(key));
  return (await getProgramDerivedAddress({ programAddress: ATA, seeds }))[0];
}
function mintData(): Uint8Array {
  const data = new Uint8Array(82);
  data[0] = 1;
  data.set(keyBytes(payer), 4);
  new DataView(data.buffer).setBigUint64(36, 10_000n, true);
  data[44] = 6;
  data[45] = 1;
  return data;
}
function accountData(of: Address, owner: Address, amount = 0n): Uint8Array {
  const data = new Uint8Array(165);
  data.set(keyBytes(of));
  data.set(keyBytes(owner), 32);
  new DataView(data.buffer).setBigUint64(64, amount, true);
  data[108] = 1;
  return data;
}

let c: Conformance;
beforeEach(async () => {
  c = await Conformance.create();
  c.fund(payer, 10n ** 12n);
  for (const key of [mint, otherMint]) c.setAccount(key, { lamports: 10n ** 9n, owner: TOKEN, data: mintData() });
});
const send = (accounts: Metas, data: number[], program = ATA) => {
  c.advance();
  return c.transaction({ payer, instructions: [instruction(program, accounts, data)] });
};
const createMetas = (account: Address, owner = wallet, of = mint): Metas => [
  [payer, "ws"],
  [account, "w"],
  [owner, "r"],
  [of, "r"],
  [SYSTEM, "r"],
  [TOKEN, "r"],
];
const change = (metas: Metas, i: number, meta: [Address, string]): Metas => metas.map((m, j) => (i === j ? meta : m));
const CREATE = [0];
const IDEMPOTENT = [1];

describe("create", () => {
  it.each([
    ["no data", []],
    ["Create", CREATE],
    ["CreateIdempotent", IDEMPOTENT],
  ])("%s makes an initialised account", async (_, data) => {
    for (let n = 100; n < 108; n++) {
      const owner = testKey(n);
      const account = await addressOf(owner, mint);
      c.expect(send(createMetas(account, owner), data), null);
      expect(c.account(account)!.data).toEqual(accountData(mint, owner));
    }
  });
  it.each([1n, 890_880n, RENT - 1n, RENT, RENT + 1n, 10n ** 9n])(
    "takes an address over that holds %i lamports",
    async (lamports) => {
      const account = await addressOf(wallet, mint);
      c.fund(account, lamports);
      c.expect(send(createMetas(account), CREATE), null);
      expect(c.lamports(account)).toBe(lamports < RENT ? RENT : lamports);
      const second = await addressOf(testKey(3), mint);
      c.fund(second, lamports);
      c.expect(send(createMetas(second, testKey(3)), IDEMPOTENT), null);
    },
  );
  it("of the native mint holds no lamports beyond rent", async () => {
    const native = "So11111111111111111111111111111111111111112" as Address;
    c.setAccount(native, { lamports: 10n ** 9n, owner: TOKEN, data: mintData() });
    const account = await addressOf(wallet, native);
    c.expect(send(createMetas(account, wallet, native), CREATE), null);
  });
  it("does not make it twice, unless asked so", async () => {
    const account = await addressOf(wallet, mint);
    c.expect(send(createMetas(account), CREATE), null);
    c.expect(send(createMetas(account), CREATE), failed("IllegalOwner"));
    c.expect(send(createMetas(account), IDEMPOTENT), null);
    const other = { lamports: RENT, owner: TOKEN };
    c.setAccount(account, { ...other, data: accountData(mint, testKey(3)) });
    c.expect(send(createMetas(account), IDEMPOTENT), failed({ Custom: 0 }));
    c.setAccount(account, { ...other, data: accountData(otherMint, wallet) });
    c.expect(send(createMetas(account), IDEMPOTENT), failed("InvalidAccountData"));
  });
  it("idempotent takes nothing for an account that is none", async () => {
    const account = await addressOf(wallet, mint);
    const good = accountData(mint, wallet);
    const with_ = (at: number, value: number): Uint8Array => {
      const data = good.slice();
      data[at] = value;
      return data;
    };
    const longer = (n: number, kind: number): Uint8Array => {
      const data = new Uint8Array(n);
      data.set(good);
      data[165] = kind;
      return data;
    };
    const cases = [
      new Uint8Array(0),
      good.subarray(0, 164),
      with_(108, 0),
      with_(108, 2),
      with_(108, 3),
      with_(72, 2),
      with_(73, 1),
      with_(109, 3),
      with_(129, 9),
      longer(166, 2),
      longer(166, 1),
      longer(200, 2),
      longer(355, 2),
      mintData(),
    ];
    for (const data of cases) {
      c.setAccount(account, { lamports: 10n ** 9n, owner: TOKEN, data });
      c.expectSame(send(createMetas(account), IDEMPOTENT));
    }
    c.setAccount(account, { lamports: 10n ** 9n, owner: testKey(66), data: good });
    c.expect(send(createMetas(account), IDEMPOTENT), failed("IllegalOwner"));
  });
  it("refuses what is wrong", async () => {
    const account = await addressOf(wallet, mint);
    const metas = createMetas(account);
    for (const data of [[3], [255], [0, 0], [1, 2, 3]]) c.expect(send(metas, data), failed("InvalidInstructionData"));
    for (let n = 0; n < 6; n++) c.expect(send(metas.slice(0, n), CREATE), failed("NotEnoughAccountKeys"));
    c.expect(send(change(metas, 1, [testKey(9), "w"]), CREATE), failed("InvalidSeeds"));
    c.expect(send(change(metas, 2, [testKey(9), "r"]), CREATE), failed("InvalidSeeds"));
    c.expect(send(change(metas, 3, [otherMint, "r"]), CREATE), failed("InvalidSeeds"));
    c.expect(send(change(metas, 5, [testKey(9), "r"]), CREATE), failed("InvalidSeeds"));
    c.expect(send(change(metas, 4, [testKey(9), "r"]), CREATE), failed("MissingAccount"));
    c.expect(send(change(metas, 1, [account, "r"]), CREATE), failed("PrivilegeEscalation"));
    c.expect(send(change(metas, 0, [testKey(4), "w"]), CREATE), failed("PrivilegeEscalation"));
    c.fund(testKey(5), RENT - 1n);
    c.expect(send(change(metas, 0, [testKey(5), "ws"]), CREATE), failed({ Custom: 1 }));
    const odd = await addressOf(wallet, mint, testKey(9));
    c.expect(send(change(change(metas, 1, [odd, "w"]), 5, [testKey(9), "r"]), CREATE), failed("IncorrectProgramId"));
  });
  it("refuses a mint that is none", async () => {
    for (const data of [new Uint8Array(0), new Uint8Array(82), accountData(mint, wallet)]) {
      c.setAccount(testKey(60), { lamports: 10n ** 9n, owner: TOKEN, data });
      const account = await addressOf(wallet, testKey(60));
      c.expectSame(send(createMetas(account, wallet, testKey(60)), CREATE));
    }
    const account = await addressOf(wallet, testKey(61));
    c.expectSame(send(createMetas(account, wallet, testKey(61)), CREATE));
  });
  it("agrees for random account metas", async () => {
    const account = await addressOf(wallet, mint);
    const pool: Address[] = [payer, account, wallet, mint, otherMint, SYSTEM as Address, TOKEN, testKey(9)];
    const meta = fc
      .tuple(fc.constantFrom(...pool), fc.constantFrom("r", "w"))
      .map(([key, role]): [Address, string] => [key, role]);
    const metas = fc
      .tuple(fc.nat(6), meta)
      .map(([i, m]) => (i === 6 ? createMetas(account) : change(createMetas(account), i, m)));
    fc.assert(
      fc.property(
        metas,
        fc.constantFrom(CREATE, IDEMPOTENT),
        fc.constantFrom(0n, 5n, 10n ** 8n),
        (list, data, lamports) => {
          c.setAccount(account, { lamports });
          c.expectSame(send(list, data));
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe("recover nested", () => {
  let owner: Address;
  let nested: Address;
  let destination: Address;
  beforeEach(async () => {
    owner = await addressOf(wallet, mint);
    nested = await addressOf(owner, otherMint);
    destination = await addressOf(wallet, otherMint);
    c.fund(wallet, 10n ** 9n);
    c.setAccount(owner, { lamports: RENT, owner: TOKEN, data: accountData(mint, wallet) });
    c.setAccount(nested, { lamports: RENT, owner: TOKEN, data: accountData(otherMint, owner, 500n) });
    c.setAccount(destination, { lamports: RENT, owner: TOKEN, data: accountData(otherMint, wallet, 5n) });
  });
  const metas = (): Metas => [
    [nested, "w"],
    [otherMint, "r"],
    [destination, "w"],
    [owner, "r"],
    [mint, "r"],
    [wallet, "ws"],
    [TOKEN, "r"],
  ];
  it("moves the tokens and closes the account", () => {
    c.expect(send(metas(), [2]), null);
    expect(c.account(nested)).toBe(null);
    expect(c.account(destination)!.data).toEqual(accountData(otherMint, wallet, 505n));
  });
  it("of the same mint", async () => {
    const inside = await addressOf(owner, mint);
    c.setAccount(inside, { lamports: RENT, owner: TOKEN, data: accountData(mint, owner, 7n) });
    const list: Metas = [
      [inside, "w"],
      [mint, "r"],
      [owner, "w"],
      [owner, "w"],
      [mint, "r"],
      [wallet, "ws"],
      [TOKEN, "r"],
    ];
    c.expect(send(list, [2]), null);
  });
  it("refuses what is wrong", () => {
    for (let n = 0; n < 7; n++) c.expect(send(metas().slice(0, n), [2]), failed("NotEnoughAccountKeys"));
    for (const i of [0, 1, 2, 3, 4]) c.expect(send(change(metas(), i, [testKey(9), "w"]), [2]), failed("InvalidSeeds"));
    c.expect(send(change(metas(), 5, [wallet, "w"]), [2]), failed("MissingRequiredSignature"));
    for (const i of [0, 2, 5]) c.expectSame(send(change(metas(), i, [metas()[i]![0], i === 5 ? "rs" : "r"]), [2]));
  });
  it("refuses accounts that are not what they should be", () => {
    const accounts: [Address, Uint8Array][] = [
      [owner, accountData(mint, wallet)],
      [nested, accountData(otherMint, owner, 500n)],
      [mint, mintData()],
      [otherMint, mintData()],
      [destination, accountData(otherMint, wallet, 5n)],
    ];
    for (const [key, data] of accounts) {
      const variants: [Address, Uint8Array][] = [
        [testKey(66), data],
        [TOKEN, new Uint8Array(0)],
        [TOKEN, new Uint8Array(data.length)],
        [TOKEN, data.slice(0, -1)],
        [TOKEN, accountData(mint, testKey(3), 9n)],
        [TOKEN, accountData(otherMint, testKey(3), 9n)],
        [TOKEN, mintData()],
      ];
      for (const [program, bytes] of variants) {
        c.setAccount(key, { lamports: 10n ** 9n, owner: program, data: bytes });
        c.expectSame(send(metas(), [2]));
        for (const [again, good] of accounts) c.setAccount(again, { lamports: 10n ** 9n, owner: TOKEN, data: good });
      }
    }
  });
});
