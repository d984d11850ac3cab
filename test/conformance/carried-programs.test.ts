/** Accounts of the carried programs as programs and transactions see them, and who can write them. */
import { type Address, getProgramDerivedAddress } from "@solana/kit";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  ADDRESS_LOOKUP_TABLE_DATA,
  ADDRESS_LOOKUP_TABLE_PROGRAM,
  ASSOCIATED_TOKEN_PROGRAM,
  BPF_LOADER_UPGRADEABLE,
  MEMO_V1_PROGRAM,
  MEMO_V3_PROGRAM,
  MEMO_V4_PROGRAM,
  TOKEN_PROGRAM,
  TOKEN_PROGRAM_DATA,
} from "../../shared/rpc/keys.ts";
import { decodeAccountList } from "../../shared/state/accounts.ts";
import { carriedAddresses } from "../../shared/state/carried.ts";
import { CARRIED } from "../carried-programs.ts";
import { type Conformance, instruction, type Key, keyAddress, keyBytes, SYSTEM, testKey } from "./harness.ts";
import { rawTransaction } from "./harness-message.ts";
import { move, u32, u64 } from "./harness-system.ts";
import { failed } from "./loader-fixture.ts";
import { payer, SbpfWorld } from "./sbpf-fixture.ts";

const SOL = 10n ** 9n;
const reader = testKey(900);
const mint = testKey(902);
const PROGRAMS = [
  TOKEN_PROGRAM,
  ASSOCIATED_TOKEN_PROGRAM,
  MEMO_V1_PROGRAM,
  MEMO_V3_PROGRAM,
  MEMO_V4_PROGRAM,
  ADDRESS_LOOKUP_TABLE_PROGRAM,
];
const FREE = carriedAddresses(0).filter((address) => address !== ADDRESS_LOOKUP_TABLE_PROGRAM);

/** Answers the first 1,024 bytes of its input: flags, key, owner, lamports, length and the beginning of the data of its first account. */
const READER = `entrypoint:
  mov64 r2, 1024
  call sol_set_return_data
  mov64 r0, 0
  exit`;

let w: SbpfWorld;
let c: Conformance;
beforeAll(async () => {
  w = await SbpfWorld.create();
  c = w.c;
  await w.program(reader, READER);
  const data = new Uint8Array(82);
  data.set([6, 1], 44);
  c.setAccount(mint, { lamports: SOL, owner: TOKEN_PROGRAM, data });
});
beforeEach(() => c.fund(payer, 1_000n * SOL));

describe("a program that is handed a carried account", () => {
  it.each(PROGRAMS)("sees of %s what Agave shows, read-only and writable", (program) => {
    for (const role of ["r", "w"]) {
      const { ours } = w.call(reader, [[program, role]], [], null);
      const seen = ours.returnData!.data;
      const view = new DataView(seen.buffer, seen.byteOffset);
      const account = decodeAccountList(CARRIED)!.find(({ key }) => keyAddress(key) === program)!;
      // Only what is reserved stays read-only.
      expect([...seen.subarray(8, 12)]).toEqual([
        255,
        0,
        role === "w" && program !== ADDRESS_LOOKUP_TABLE_PROGRAM ? 1 : 0,
        1,
      ]);
      expect([view.getBigUint64(80, true), view.getBigUint64(88, true)]).toEqual([
        account.lamports,
        BigInt(account.data.length),
      ]);
      expect(seen.subarray(96, 132)).toEqual(account.data.subarray(0, 36));
    }
  });

  it.each([TOKEN_PROGRAM_DATA, ADDRESS_LOOKUP_TABLE_DATA])("sees programdata %s with its ELF", (address) => {
    const wire = c.transaction({ payer, instructions: [instruction(reader, [[address, "r"]], [])] });
    const seen = c.ours.execute(wire, c.context()).result.returnData!.data;
    // u32 3, slot 0, no authority, then from byte 45 the ELF file: here the genesis differs from the oracle in the slot.
    expect(Buffer.from(seen.subarray(96, 109)).toString("hex")).toBe(`03000000${"00".repeat(9)}`);
    expect(Buffer.from(seen.subarray(141, 145)).toString("latin1")).toBe("\x7fELF");
  });
});

describe("a write lock", () => {
  it.each(FREE)("lets %s take lamports like any account", (address) => {
    const before = c.lamports(address);
    c.expect(c.transaction({ payer, instructions: [move(payer, address, SOL)] }), null);
    expect(c.lamports(address)).toBe(before + SOL);
  });
  it("on Address Lookup Table is demoted, for it is reserved", () => {
    const wire = c.transaction({ payer, instructions: [move(payer, ADDRESS_LOOKUP_TABLE_PROGRAM, SOL)] });
    c.expect(wire, failed("ReadonlyLamportChange"));
  });
  it("on a program that the transaction calls is demoted, unless the upgradeable loader is there", () => {
    // kit does not make such messages: payer and Memo writable, the others not.
    const both = (...others: string[]) =>
      rawTransaction({
        header: [1, 0, 1 + others.length],
        keys: [payer, MEMO_V3_PROGRAM, SYSTEM, ...others],
        blockhash: c.latestBlockhash(),
        instructions: [
          { program: 1, accounts: [], data: Uint8Array.of(104, 105) },
          { program: 2, accounts: [0, 1], data: Uint8Array.from([...u32(2), ...u64(SOL)]) },
        ],
      });
    c.expect(both(), failed("ReadonlyLamportChange", 1));
    const before = c.lamports(MEMO_V3_PROGRAM);
    c.expect(both(BPF_LOADER_UPGRADEABLE), null);
    expect(c.lamports(MEMO_V3_PROGRAM)).toBe(before + SOL);
  });
  it("does not let anybody take lamports, or change the data", () => {
    const take = (from: string) =>
      instruction(
        SYSTEM,
        [
          [from, "w"],
          [payer, "ws"],
        ],
        [...u32(2), ...u64(1n)],
      );
    for (const address of [TOKEN_PROGRAM_DATA, ASSOCIATED_TOKEN_PROGRAM]) {
      w.run(take(address), failed("MissingRequiredSignature"));
    }
    // ExtendProgram is open to anybody, but not for a program that nobody can upgrade.
    const accounts: [Key, string][] = [
      [TOKEN_PROGRAM_DATA, "w"],
      [TOKEN_PROGRAM, "w"],
      [SYSTEM, "r"],
      [payer, "ws"],
    ];
    const extend = instruction(BPF_LOADER_UPGRADEABLE, accounts, [...u32(6), ...u32(10_240)]);
    w.run(extend, failed("Immutable"));
  });
  it("is what shows given lamports: who asks for none sees those of the genesis (Policy)", () => {
    const lamports = (role: string): bigint => {
      const wire = c.transaction({ payer, instructions: [instruction(reader, [[MEMO_V1_PROGRAM, role]], [])] });
      const seen = c.ours.execute(wire, c.context()).result.returnData!.data;
      return new DataView(seen.buffer, seen.byteOffset).getBigUint64(80, true);
    };
    c.expect(c.transaction({ payer, instructions: [move(payer, MEMO_V1_PROGRAM, 5n)] }), null);
    const genesis = decodeAccountList(CARRIED)!.find(({ key }) => keyAddress(key) === MEMO_V1_PROGRAM)!.lamports;
    expect(lamports("r")).toBe(genesis);
    expect(lamports("w")).toBe(c.lamports(MEMO_V1_PROGRAM));
    expect(lamports("w")).toBeGreaterThan(genesis);
  });
});

describe("an associated account", () => {
  const associated = async (wallet: Key): Promise<Address> => {
    const seeds = [keyBytes(wallet), keyBytes(TOKEN_PROGRAM), keyBytes(mint)];
    return (await getProgramDerivedAddress({ programAddress: ASSOCIATED_TOKEN_PROGRAM as Address, seeds }))[0];
  };
  const create = async (from: Key, wallet: Key) => {
    const accounts: [Key, string][] = [
      [from, "ws"],
      [await associated(wallet), "w"],
      [wallet, "r"],
      [mint, "r"],
      [SYSTEM, "r"],
      [TOKEN_PROGRAM, "r"],
    ];
    return instruction(ASSOCIATED_TOKEN_PROGRAM, accounts, [0]);
  };

  it("of the payer costs less than another's, and with exactly these units it is made", async () => {
    const own = await create(payer, payer);
    const units = w.run(own, null).ours.computeUnits;
    const limit = (most: number) => instruction("ComputeBudget111111111111111111111111111111", [], [2, ...u32(most)]);
    c.setAccount(await associated(payer), { lamports: 0n });
    w.run([limit(units + 149), own], { InstructionError: [1, "ProgramFailedToComplete"] });
    w.run([limit(units + 150), own], null);
    // A wallet whose address takes as many tries: another account, and the same cost but for what is named twice.
    const bump = async (wallet: Key): Promise<number> =>
      (
        await getProgramDerivedAddress({
          programAddress: ASSOCIATED_TOKEN_PROGRAM as Address,
          seeds: [keyBytes(wallet), keyBytes(TOKEN_PROGRAM), keyBytes(mint)],
        })
      )[1];
    let n = 2_000;
    while ((await bump(testKey(n))) !== (await bump(payer))) n++;
    expect(w.run(await create(payer, testKey(n)), null).ours.computeUnits - units).toBe(101);
  });
});

describe("the native ways", () => {
  const ata = ASSOCIATED_TOKEN_PROGRAM as Address;
  const limit = (most: number) => instruction("ComputeBudget111111111111111111111111111111", [], [2, ...u32(most)]);
  const heap = instruction("ComputeBudget111111111111111111111111111111", [], [1, ...u32(64 * 1024)]);
  const accountOf = (owner: Key, amount: number, change: (data: Uint8Array) => void = () => {}) => {
    const data = new Uint8Array(165);
    data.set(keyBytes(mint));
    data.set(keyBytes(owner), 32);
    data[64] = amount;
    data[108] = 1;
    change(data);
    return { lamports: SOL, owner: TOKEN_PROGRAM, data };
  };
  /** Changes of a token account after which the ELF has to say. */
  const CHANGES: [string, (data: Uint8Array) => void][] = [
    ["as it is usually", () => {}],
    ["frozen", (data) => data.fill(2, 108, 109)],
    ["not in use", (data) => data.fill(0, 108, 109)],
    ["delegated", (data) => data.fill(1, 72, 73)],
    ["with garbage where a delegate's tag is", (data) => data.fill(1, 73, 74)],
    ["wrapped SOL", (data) => data.fill(1, 109, 110)],
    ["with a close authority", (data) => data.fill(1, 129, 130)],
    ["of another mint", (data) => data.fill(9, 0, 1)],
    ["of another owner", (data) => data.fill(9, 32, 33)],
    ["nearly full", (data) => data.fill(255, 64, 72)],
  ];
  // The first eight bytes are alike: how keys are compared must not show in units.
  const from = keyAddress(Uint8Array.from({ length: 32 }, (_, i) => (i < 8 ? 7 : 1)));
  const to = keyAddress(Uint8Array.from({ length: 32 }, (_, i) => (i < 8 ? 7 : 2)));
  const transfer = (amount: bigint): [string, ReturnType<typeof instruction>][] => [
    [
      "Transfer",
      instruction(
        TOKEN_PROGRAM,
        [
          [from, "w"],
          [to, "w"],
          [payer, "ws"],
        ],
        [3, ...u64(amount)],
      ),
    ],
    [
      "TransferChecked",
      instruction(
        TOKEN_PROGRAM,
        [
          [from, "w"],
          [mint, "r"],
          [to, "w"],
          [payer, "ws"],
        ],
        [12, ...u64(amount), 6],
      ),
    ],
    [
      "with more data",
      instruction(
        TOKEN_PROGRAM,
        [
          [from, "w"],
          [to, "w"],
          [payer, "ws"],
        ],
        [3, ...u64(amount), 1, 2],
      ),
    ],
    [
      "decimals that are wrong",
      instruction(
        TOKEN_PROGRAM,
        [
          [from, "w"],
          [mint, "r"],
          [to, "w"],
          [payer, "ws"],
        ],
        [12, ...u64(amount), 7],
      ),
    ],
    [
      "to itself",
      instruction(
        TOKEN_PROGRAM,
        [
          [from, "w"],
          [from, "w"],
          [payer, "ws"],
        ],
        [3, ...u64(amount)],
      ),
    ],
    [
      "read-only",
      instruction(
        TOKEN_PROGRAM,
        [
          [from, "w"],
          [to, "r"],
          [payer, "ws"],
        ],
        [3, ...u64(amount)],
      ),
    ],
    [
      "one account more",
      instruction(
        TOKEN_PROGRAM,
        [
          [from, "w"],
          [to, "w"],
          [payer, "ws"],
          [mint, "r"],
        ],
        [3, ...u64(amount)],
      ),
    ],
  ];

  it.each(CHANGES)("of a transfer are as the ELF: source and destination %s", (_, change) => {
    for (const side of [0, 1]) {
      for (const amount of [0n, 1n, 100n, 101n]) {
        for (const [, one] of transfer(amount)) {
          c.setAccount(from, accountOf(payer, 100, side ? undefined : change));
          c.setAccount(to, accountOf(testKey(70), 5, side ? change : undefined));
          c.expectSame(c.transaction({ payer, instructions: [one] }));
        }
      }
    }
  });
  it("of a transfer do not depend on rights that it does not need", () => {
    const authority = testKey(74);
    for (const [one, two, three, four] of [
      ["ws", "r", "w", "rs"],
      ["w", "w", "ws", "ws"],
      ["ws", "ws", "ws", "ws"],
      ["w", "rs", "w", "w"],
      ["w", "r", "w", "r"],
    ] as const) {
      const plain: [Key, string][] = [
        [from, one],
        [to, three],
        [authority, four],
      ];
      const checked: [Key, string][] = [
        [from, one],
        [mint, two],
        [to, three],
        [authority, four],
      ];
      for (const [accounts, data] of [
        [plain, [3, ...u64(1n)]],
        [checked, [12, ...u64(1n), 6]],
      ] as const) {
        c.setAccount(from, accountOf(authority, 100));
        c.setAccount(to, accountOf(testKey(70), 5));
        c.expectSame(c.transaction({ payer, instructions: [instruction(TOKEN_PROGRAM, accounts, data)] }));
      }
    }
  });
  it("of a transfer end where units do, and with a larger heap", () => {
    for (const most of [0, 75, 76, 104, 105]) {
      for (const [, one] of transfer(1n).slice(0, 2)) {
        c.setAccount(from, accountOf(payer, 100));
        c.setAccount(to, accountOf(testKey(70), 5));
        c.expectSame(c.transaction({ payer, instructions: [limit(150 + most), one] }));
        c.expectSame(c.transaction({ payer, instructions: [heap, limit(300 + most), one] }));
        c.expectSame(c.transaction({ payer, instructions: [heap, limit(308 + most), one] }));
      }
    }
  });
  it.each(CHANGES)("of an associated account that is there are as the ELF: %s", async (_, change) => {
    for (const wallet of [payer, testKey(71), testKey(72)]) {
      const seeds = [keyBytes(wallet), keyBytes(TOKEN_PROGRAM), keyBytes(mint)];
      const [key] = await getProgramDerivedAddress({ programAddress: ata, seeds });
      c.setAccount(key, accountOf(wallet, 3, change));
      const accounts: [Key, string][] = [
        [payer, "ws"],
        [key, "w"],
        [wallet, "r"],
        [mint, "r"],
        [SYSTEM, "r"],
        [TOKEN_PROGRAM, "r"],
      ];
      const one = instruction(ata, accounts, [1]);
      const { computeUnits } = c.expectSame(c.transaction({ payer, instructions: [one] })).ours;
      for (const less of [0, 1]) {
        c.expectSame(c.transaction({ payer, instructions: [limit(150 + computeUnits - less), one] }));
      }
      c.expectSame(c.transaction({ payer, instructions: [heap, one] }));
      c.expectSame(c.transaction({ payer, instructions: [instruction(ata, [...accounts, [mint, "r"]], [1])] }));
      c.expectSame(c.transaction({ payer, instructions: [instruction(ata, accounts, [1, 0])] }));
      for (let i = 0; i < 6; i++) {
        const other = accounts.map((meta, j): [Key, string] =>
          i === j ? [testKey(73), meta[1].replace("s", "")] : meta,
        );
        c.expectSame(c.transaction({ payer, instructions: [instruction(ata, other, [1])] }));
        for (const role of ["r", "w", "rs", "ws"]) {
          const rights = accounts.map(([name, as], j): [Key, string] => [name, i === j ? role : as]);
          c.expectSame(c.transaction({ payer, instructions: [instruction(ata, rights, [1])] }));
        }
        const twice = accounts.map((meta, j): [Key, string] => (i === j ? accounts[(i + 1) % 6]! : meta));
        c.expectSame(c.transaction({ payer, instructions: [instruction(ata, twice, [1])] }));
      }
    }
  });
});

describe("loading", () => {
  it("counts Token with its programdata, as any program of the upgradeable loader", () => {
    const token = (address: string) => decodeAccountList(CARRIED)!.find(({ key }) => keyAddress(key) === address)!.data;
    const bytes = (...addresses: string[]) => addresses.reduce((sum, one) => sum + 64 + token(one).length, 0);
    const size = (...extra: [Key, string][]) => {
      const wire = c.transaction({ payer, instructions: [instruction(reader, extra, [])] });
      return c.ours.execute(wire, c.context()).result.loadedAccountsDataSize;
    };
    const bare = size();
    const both = bytes(TOKEN_PROGRAM, TOKEN_PROGRAM_DATA);
    expect(size([TOKEN_PROGRAM, "r"]) - bare).toBe(both);
    expect(size([TOKEN_PROGRAM, "w"]) - bare).toBe(both);
    expect(size([TOKEN_PROGRAM, "r"], [TOKEN_PROGRAM_DATA, "r"]) - bare).toBe(both);
    expect(size([TOKEN_PROGRAM, "r"], [TOKEN_PROGRAM_DATA, "w"]) - bare).toBe(both);
    expect(size([TOKEN_PROGRAM_DATA, "r"]) - bare).toBe(bytes(TOKEN_PROGRAM_DATA));
    expect(size([ASSOCIATED_TOKEN_PROGRAM, "r"]) - bare).toBe(64 + 105_032);
  });
});
