// The Address Lookup Table program against the real ELF in litesvm: every instruction, its errors, and tables in use by transactions.
import { type Address, getAddressEncoder, getProgramDerivedAddress } from "@solana/kit";
import { beforeEach, describe, expect, it } from "vitest";
import { Conformance, instruction, keyBytes, SYSTEM, testKey } from "./harness.ts";

const ALT = "AddressLookupTab1e1111111111111111111111111";
const encoder = getAddressEncoder();
const payer = testKey(1);
const authority = testKey(2);
const u32 = (n: number): number[] => [n & 255, (n >> 8) & 255, (n >> 16) & 255, n >>> 24];
const u64 = (n: number | bigint): number[] =>
  Array.from({ length: 8 }, (_, i) => Number((BigInt(n) >> BigInt(8 * i)) & 255n));
type Metas = [Address, string][];
type Expected = Parameters<Conformance["expect"]>[1];
const failed = (error: unknown): Expected => ({ InstructionError: [0, error] }) as Expected;
/** Errors of the program's own cost a fixed number here. */

interface Table {
  address: Address;
  bump: number;
  slot: number;
}

let c: Conformance;
beforeEach(async () => {
  c = await Conformance.create();
  c.fund(payer, 10n ** 12n);
});

const send = (accounts: Metas, data: number[]) => {
  c.advance();
  return c.transaction({ payer, instructions: [instruction(ALT, accounts, data)] });
};
/** The table of the newest slot that has a blockhash when the next transaction runs. */
async function derive(owner = authority): Promise<Table> {
  const slot = c.currentSlot();
  const [address, bump] = await getProgramDerivedAddress({
    programAddress: ALT as Address,
    seeds: [encoder.encode(owner), Uint8Array.from(u64(slot))],
  });
  return { address, bump, slot };
}
const createMetas = (t: Table, owner = authority): Metas => [
  [t.address, "w"],
  [owner, "r"],
  [payer, "ws"],
  [SYSTEM, "r"],
];
const create = (t: Table, accounts = createMetas(t), slot = t.slot, bump = t.bump) =>
  send(accounts, [...u32(0), ...u64(slot), bump]);
const ownerMetas = (t: Table, owner = authority): Metas => [
  [t.address, "w"],
  [owner, "rs"],
];
const payMetas = (t: Table): Metas => [...ownerMetas(t), [payer, "ws"], [SYSTEM, "r"]];
const freeze = (t: Table, accounts = ownerMetas(t)) => send(accounts, u32(1));
const keys = (n: number, from = 500): Address[] => Array.from({ length: n }, (_, i) => testKey(from + i));
const extend = (t: Table, addresses: Address[], accounts = payMetas(t)) =>
  send(accounts, [...u32(2), ...u64(addresses.length), ...addresses.flatMap((key) => [...keyBytes(key)])]);
const deactivate = (t: Table, accounts = ownerMetas(t)) => send(accounts, u32(3));
const close = (t: Table, accounts: Metas = [...ownerMetas(t), [payer, "w"]]) => send(accounts, u32(4));

async function made(addresses = 0): Promise<Table> {
  const t = await derive();
  c.expect(create(t), null);
  if (addresses) c.expect(extend(t, keys(addresses)), null);
  return t;
}
const setData = (t: Table, change: (data: Uint8Array) => Uint8Array): void => {
  const account = c.account(t.address)!;
  c.setAccount(t.address, { ...account, data: change(account.data.slice()) });
};

describe("create", () => {
  it("makes a table at its derived address, and does nothing when it is there", async () => {
    const t = await derive();
    c.expect(create(t), null);
    c.expect(create(t), null);
  });
  it.each([1n, 890_880n, 1_280_639n, 1_280_640n, 10n ** 9n])(
    "takes an address over that holds %i lamports",
    async (lamports) => {
      const t = await derive();
      c.fund(t.address, lamports);
      c.expect(create(t), null);
    },
  );
  it("refuses what is wrong", async () => {
    const t = await derive();
    c.expect(
      create(t, [
        [t.address, "w"],
        [authority, "r"],
        [testKey(4), "w"],
        [SYSTEM, "r"],
      ]),
      failed("MissingRequiredSignature"),
    );
    c.expect(create(t, createMetas(t), 3), failed("InvalidInstructionData"));
    c.expect(create(t, createMetas(t), c.currentSlot() + 9), failed("InvalidInstructionData"));
    c.expect(create({ ...t, address: testKey(33) }), failed("InvalidArgument"));
    c.expect(create(t, createMetas(t).slice(0, 2)), failed("NotEnoughAccountKeys"));
    c.expect(create(t, createMetas(t).slice(0, 3)), failed("MissingAccount"));
    c.expect(create(t, [[t.address, "r"], ...createMetas(t).slice(1)]), failed("PrivilegeEscalation"));
    for (let bump = 0; bump < 256; bump += 17) c.expectSame(create(t, createMetas(t), t.slot, bump));
  });
  it("refuses an account that has data or another owner", async () => {
    const t = await derive();
    c.setAccount(t.address, { lamports: 10n ** 9n, data: new Uint8Array(3) });
    c.expect(create(t), failed({ Custom: 0 }));
    c.setAccount(t.address, { lamports: 10n ** 9n, owner: testKey(70) });
    c.expectSame(create(t));
  });
  it("fails when the payer is poor", async () => {
    const t = await derive();
    const poor = testKey(8);
    c.fund(poor, 1_000_000n);
    c.expect(
      create(t, [
        [t.address, "w"],
        [authority, "r"],
        [poor, "ws"],
        [SYSTEM, "r"],
      ]),
      failed({ Custom: 1 }),
    );
  });
});

describe("extend", () => {
  it.each([1, 2, 3, 4, 5, 10, 26])("by %i addresses, paid or funded", async (n) => {
    const t = await made();
    c.expect(extend(t, keys(n)), null);
    c.expect(extend(t, keys(n, 700)), null);
    c.setAccount(t.address, { ...c.account(t.address)!, lamports: 10n ** 9n });
    c.expect(extend(t, keys(n, 900), ownerMetas(t)), null);
  });
  it("twice in a slot keeps the first start index", async () => {
    const t = await made(3);
    const data = (n: number) => Uint8Array.from([...u32(2), ...u64(1), ...keyBytes(testKey(n))]);
    c.advance();
    const both = [800, 801].map((n) => instruction(ALT, payMetas(t), data(n)));
    c.expect(c.transaction({ payer, instructions: both }), null);
    expect(c.account(t.address)!.data[20]).toBe(3);
  });
  it("up to 256 and no further", async () => {
    const t = await made();
    for (let n = 0; n < 250; n += 25) c.expect(extend(t, keys(25, 1000 + n)), null);
    c.expect(extend(t, keys(7)), failed("InvalidInstructionData"));
    c.expect(extend(t, keys(6)), null);
    c.expect(extend(t, keys(1)), failed("InvalidArgument"));
  });
  it("refuses what is wrong", async () => {
    const t = await made(2);
    c.expect(extend(t, []), failed("InvalidInstructionData"));
    c.expect(
      extend(t, keys(1), [
        [t.address, "w"],
        [testKey(3), "rs"],
      ]),
      failed("IncorrectAuthority"),
    );
    c.expect(
      extend(t, keys(1), [
        [t.address, "w"],
        [authority, "r"],
      ]),
      failed("MissingRequiredSignature"),
    );
    c.expect(extend(t, keys(1), [[t.address, "w"]]), failed("NotEnoughAccountKeys"));
    c.expect(extend(t, keys(1), []), failed("NotEnoughAccountKeys"));
    c.expect(
      extend(t, keys(1), [
        [t.address, "r"],
        [authority, "rs"],
      ]),
      failed({ Custom: 10 }),
    );
    c.expect(extend(t, keys(1), ownerMetas(t)), failed("NotEnoughAccountKeys"));
    c.expect(
      extend(t, keys(1), [...ownerMetas(t), [testKey(4), "w"], [SYSTEM, "r"]]),
      failed("MissingRequiredSignature"),
    );
    c.expect(extend(t, keys(1), [...ownerMetas(t), [payer, "ws"]]), failed("NotEnoughAccountKeys"));
    c.expect(extend(t, keys(1), [...ownerMetas(t), [payer, "ws"], [testKey(9), "r"]]), failed("MissingAccount"));
    c.expect(
      extend(t, keys(1), [
        [payer, "ws"],
        [authority, "rs"],
      ]),
      failed("InvalidAccountOwner"),
    );
  });
});

describe("freeze, deactivate, close", () => {
  it("freezes for good", async () => {
    const t = await made(2);
    c.expect(freeze(t), null);
    c.expect(freeze(t), failed("Immutable"));
    c.expect(extend(t, keys(1)), failed("Immutable"));
    c.expect(deactivate(t), failed("Immutable"));
    c.expect(close(t), failed("Immutable"));
  });
  it("does not freeze an empty or a deactivated table, or for somebody else", async () => {
    const t = await made();
    c.expect(freeze(t), failed("InvalidInstructionData"));
    c.expect(extend(t, keys(1)), null);
    c.expect(
      freeze(t, [
        [t.address, "w"],
        [testKey(3), "rs"],
      ]),
      failed("IncorrectAuthority"),
    );
    c.expect(
      freeze(t, [
        [t.address, "r"],
        [authority, "rs"],
      ]),
      failed("ReadonlyDataModified"),
    );
    c.expect(
      deactivate(t, [
        [t.address, "r"],
        [authority, "rs"],
      ]),
      failed("ReadonlyDataModified"),
    );
    c.expect(deactivate(t), null);
    c.expect(freeze(t), failed("InvalidArgument"));
    c.expect(extend(t, keys(1)), failed("InvalidArgument"));
    c.expect(deactivate(t), failed("InvalidArgument"));
  });
  it("closes 513 slots after deactivation, not before", async () => {
    const t = await made(4);
    c.expect(close(t), failed("InvalidArgument"));
    c.expect(deactivate(t), null);
    c.expect(close(t), failed("InvalidArgument"));
    c.advance(510);
    c.expect(close(t), failed("InvalidArgument")); // 512 slots later: the last in SlotHashes
    c.expect(close(t, [...ownerMetas(t), [t.address, "w"]]), failed("InvalidArgument"));
    c.expect(close(t, [...ownerMetas(t), [testKey(9), "r"]]), failed({ Custom: 11 }));
    c.expect(
      close(t, [
        [t.address, "r"],
        [authority, "rs"],
        [payer, "w"],
      ]),
      failed({ Custom: 10 }),
    );
    c.expect(close(t, ownerMetas(t)), failed("NotEnoughAccountKeys"));
    c.expect(close(t, [...ownerMetas(t), [testKey(9), "w"]]), null);
    expect(c.account(t.address)).toBe(null);
  });
  it("cannot close in the slot of the deactivation", async () => {
    const t = await made(1);
    c.advance();
    const steps = [instruction(ALT, ownerMetas(t), u32(3)), instruction(ALT, [...ownerMetas(t), [payer, "w"]], u32(4))];
    c.expect(c.transaction({ payer, instructions: steps }), { InstructionError: [1, "InvalidArgument"] } as Expected);
  });
});

describe("bad data", () => {
  it("of the instruction", async () => {
    const t = await made(1);
    for (const data of [
      [],
      [0],
      u32(5),
      u32(255),
      [...u32(0), ...u64(3)],
      [...u32(2)],
      [...u32(2), ...u64(39)],
      [...u32(2), ...u64(1), 1],
      [...u32(2), ...u64(2n ** 63n)],
    ]) {
      c.expect(send(payMetas(t), data), failed("InvalidInstructionData"));
    }
    c.expect(send(ownerMetas(t), [...u32(1), 9, 9]), null);
  });
  it("of the table", async () => {
    const t = await made(2);
    const good = c.account(t.address)!;
    const damage: [string, (data: Uint8Array) => Uint8Array][] = [
      ["no data", () => new Uint8Array(0)],
      ["three bytes", (d) => d.slice(0, 3)],
      ["zeros", (d) => d.fill(0)],
      ["another kind", (d) => d.fill(2, 0, 1)],
      ["authority neither there nor not", (d) => d.fill(2, 21, 22)],
      ["short", (d) => d.slice(0, 55)],
      ["half an address", (d) => d.slice(0, 100)],
      ["fixed part only", (d) => d.slice(0, 56)],
      ["frozen and short", (d) => d.fill(0, 21, 22).slice(0, 30)],
    ];
    for (const [, change] of damage) {
      c.setAccount(t.address, good);
      setData(t, change);
      c.expectSame(freeze(t));
      c.expectSame(extend(t, keys(1)));
      c.expectSame(close(t));
      c.expectSame(deactivate(t));
    }
  });
});

describe("tables in use", () => {
  it("a transfer to an address from a table", async () => {
    const t = await made(3);
    c.advance();
    const to = testKey(501);
    const data = Uint8Array.from([...u32(2), ...u64(2_000_000)]);
    const transfer = instruction(
      SYSTEM,
      [
        [payer, "ws"],
        [to, "w"],
      ],
      data,
    );
    const lookupTables = { [t.address]: keys(3) };
    c.expect(c.transaction({ payer, version: 0, instructions: [transfer], lookupTables }), null);
    expect(c.lamports(to)).toBe(2_000_000n);
  });
});
