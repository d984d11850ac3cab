/** Loading, locking, atomicity, lookup tables and blockhash age, on Agave's runtime and on ours. */
import { type Address, getBase58Encoder, type Instruction } from "@solana/kit";
import { beforeEach, describe, expect, it } from "vitest";
import type { TransactionErrorJson } from "../../shared/errors/transaction-error.ts";
import { Conformance, instruction, keyAddress, keyBytes, SYSTEM, testKey } from "./harness.ts";
import { type RawMessage, rawTransaction } from "./harness-message.ts";
import type { TokenBalance } from "./harness-result.ts";
import { assign, createAccount, move, u32, u64 } from "./harness-system.ts";

const payer = testKey(1);
const other = testKey(2);
const to = testKey(3);
const program = testKey(4);
const SOL = 10n ** 9n;
const LOOKUP_PROGRAM = "AddressLookupTab1e1111111111111111111111111";
const LOADER = "BPFLoader2111111111111111111111111111111111";
const failed = (index: number, error: unknown): TransactionErrorJson =>
  ({ InstructionError: [index, error] }) as TransactionErrorJson;

let c: Conformance;
beforeEach(async () => {
  c = await Conformance.create();
  c.fund(payer, 100n * SOL);
  c.fund(other, 10n * SOL);
});
const run = (instructions: Instruction[], error: TransactionErrorJson | null) =>
  c.expect(c.transaction({ payer, instructions }), error);
const raw = (
  message: Partial<RawMessage> & Pick<RawMessage, "keys" | "instructions">,
  error: TransactionErrorJson | null,
) => c.expect(rawTransaction({ header: [1, 0, 1], blockhash: c.latestBlockhash(), ...message }), error);
const transferData = (lamports: bigint): number[] => [...u32(2), ...u64(lamports)];

describe("all or nothing", () => {
  it("the last of many fails", () => {
    const steps = [
      move(payer, to, SOL),
      createAccount(
        [
          [payer, "ws"],
          [testKey(50), "ws"],
        ],
        SOL,
        200n,
        program,
      ),
      assign([[other, "ws"]], program),
      move(payer, testKey(51), SOL),
    ];
    const before = c.lamports(payer);
    run([...steps, move(payer, to, 1_000n * SOL)], failed(4, { Custom: 1 }));
    expect(c.lamports(payer)).toBe(before - 15_000n);
    for (const key of [to, testKey(50), testKey(51)]) expect(c.account(key)).toBeNull();
    expect(c.account(other)!.owner).toEqual(new Uint8Array(32));
    run(steps, null);
  });
  it("64 instructions", () => {
    const many = Array.from({ length: 64 }, (_, i) => ({
      program: 2,
      accounts: [0, 1],
      data: transferData(SOL + BigInt(i)),
    }));
    const small = many.map((i) => ({ ...i, accounts: [] as number[], data: [] as number[] }));
    raw({ keys: [payer, to, SYSTEM], instructions: many.slice(0, 40) }, null);
    raw({ keys: [payer, to, SYSTEM], instructions: small }, failed(0, "InvalidInstructionData"));
    // litesvm leaves the 65th to the runtime; Agave refuses it at once (SIMD-0160).
    const tooMany = { keys: [payer, to, SYSTEM], instructions: [...small, small[0]!] };
    const wire = rawTransaction({ header: [1, 0, 1], blockhash: c.latestBlockhash(), ...tooMany });
    expect(c.ours.execute(wire, c.context()).result.error).toBe("SanitizeFailure");
  });
});

describe("programs", () => {
  const call = (key: Address, data: number[] = []): Instruction => instruction(key, [[other, "w"]], data);
  it("that do not exist: the fee is paid", () => {
    run([move(payer, to, SOL), call(program)], "ProgramAccountNotFound");
    expect(c.lamports(payer)).toBe(100n * SOL - 5_000n);
    expect(c.account(to)).toBeNull();
  });
  it("that are no programs", () => {
    c.fund(program, SOL);
    run([call(program)], "InvalidProgramForExecution");
    c.setAccount(program, { lamports: SOL, owner: testKey(60) });
    run([call(program)], "InvalidProgramForExecution");
  });
  it("that are sysvars", () => {
    run([call("SysvarC1ock11111111111111111111111111111111" as Address)], "InvalidProgramForExecution");
  });
  it("a program id asked for writable is only read", () => {
    // keys: payer (signer), System (writable as the header says it), to
    const message = { header: [1, 0, 0], keys: [payer, SYSTEM, to] } as const;
    raw({ ...message, instructions: [{ program: 1, accounts: [0, 2], data: transferData(SOL) }] }, null);
    raw(
      { ...message, instructions: [{ program: 1, accounts: [0, 1], data: transferData(SOL) }] },
      failed(0, "ReadonlyLamportChange"),
    );
  });
  it("an invoked account asked for writable is only read", () => {
    c.setAccount(to, { lamports: SOL, owner: LOADER });
    const instructions = [
      { program: 2, accounts: [0, 1], data: transferData(SOL) },
      { program: 1, accounts: [], data: [] },
    ];
    // litesvm wants the executable flag, Agave 4.2 does not: only ours is asked.
    const wire = rawTransaction({
      header: [1, 0, 1],
      keys: [payer, to, SYSTEM],
      blockhash: c.latestBlockhash(),
      instructions,
    });
    expect(c.ours.execute(wire, c.context()).result.error).toEqual(failed(0, "ReadonlyLamportChange"));
  });
  it("unless the upgradeable loader is there", () => {
    c.setAccount(to, { lamports: SOL, owner: LOADER });
    const loader = "BPFLoaderUpgradeab1e11111111111111111111111";
    const wire = rawTransaction({
      header: [1, 0, 2],
      keys: [payer, to, SYSTEM, loader],
      blockhash: c.latestBlockhash(),
      instructions: [
        { program: 2, accounts: [0, 1], data: transferData(SOL) },
        { program: 1, accounts: [], data: [] },
      ],
    });
    const { result } = c.ours.execute(wire, c.context());
    expect(result.error).toEqual(failed(1, "UnsupportedProgramId"));
    expect(result.logs.slice(2)).toEqual([
      `Program ${to} invoke [1]`,
      "Program is not deployed",
      `Program ${to} failed: Unsupported program id`,
    ]);
  });
});

describe("what is no transaction", () => {
  const pay = [{ program: 2, accounts: [0, 1], data: transferData(SOL) }];
  it.each([
    ["the same key twice", { keys: [payer, payer, SYSTEM], instructions: pay }, "AccountLoadedTwice"],
    ["the same key twice, unused", { keys: [payer, to, SYSTEM, to], instructions: pay }, "AccountLoadedTwice"],
    [
      "an account that is not there",
      { keys: [payer, to, SYSTEM], instructions: [{ ...pay[0]!, accounts: [0, 3] }] },
      "SanitizeFailure",
    ],
    [
      "a program that is not there",
      { keys: [payer, to, SYSTEM], instructions: [{ ...pay[0]!, program: 3 }] },
      "SanitizeFailure",
    ],
    [
      "the payer as program",
      { keys: [payer, to, SYSTEM], instructions: [{ ...pay[0]!, program: 0 }] },
      "SanitizeFailure",
    ],
    ["a read-only payer", { header: [1, 1, 1], keys: [payer, to, SYSTEM], instructions: pay }, "SanitizeFailure"],
    ["more signers than keys", { header: [4, 0, 0], keys: [payer, to, SYSTEM], instructions: pay }, "SanitizeFailure"],
    [
      "more read-only than keys",
      { header: [1, 0, 3], keys: [payer, to, SYSTEM], instructions: pay },
      "SanitizeFailure",
    ],
    [
      "a signature missing",
      { header: [2, 0, 1], keys: [payer, to, SYSTEM], instructions: pay, signatures: 1 },
      "SanitizeFailure",
    ],
  ] as [string, Pick<RawMessage, "keys" | "instructions">, TransactionErrorJson | null][])(
    "%s",
    (name, message, error) => {
      if (name.startsWith("65")) raw(message, "TooManyAccountLocks");
      else raw(message, error);
      expect(c.lamports(payer)).toBe(100n * SOL);
    },
  );
  it("64 accounts are allowed", () => {
    raw({ keys: [payer, ...Array.from({ length: 26 }, (_, i) => testKey(100 + i)), SYSTEM], instructions: [] }, null);
  });
});

describe("lookup tables", () => {
  const table = testKey(70);
  const addresses = [to, other, testKey(71), program].map((key) => keyBytes(key));
  const meta = (deactivation: bigint, extended: bigint, start: number): number[] => [
    ...u32(1),
    ...u64(deactivation),
    ...u64(extended),
    start,
    1,
    ...keyBytes(payer),
    0,
    0,
  ];
  const ACTIVE = 2n ** 64n - 1n;
  const put = (head: number[], owner: string = LOOKUP_PROGRAM, keys = addresses): void =>
    c.setAccount(table, { lamports: SOL, owner, data: Uint8Array.from([...head, ...keys.flatMap((key) => [...key])]) });
  /** payer and System static, account 2 from the table, written. */
  const pay = (lookups = [{ table, writable: [0], readonly: [] as number[] }], accounts = [0, 2]) =>
    ({ keys: [payer, SYSTEM], instructions: [{ program: 1, accounts, data: transferData(SOL) }], lookups }) as const;

  it("a writable address", () => {
    put(meta(ACTIVE, 0n, 0));
    raw(pay(), null);
    expect(c.lamports(to)).toBe(SOL);
  });
  it("a read-only address", () => {
    put(meta(ACTIVE, 0n, 0));
    raw(pay([{ table, writable: [], readonly: [0] }]), failed(0, "ReadonlyLamportChange"));
  });
  it("order: writable of all tables, then read-only", () => {
    put(meta(ACTIVE, 0n, 0));
    const second = testKey(72);
    c.setAccount(second, {
      lamports: SOL,
      owner: LOOKUP_PROGRAM,
      data: Uint8Array.from([...meta(ACTIVE, 0n, 0), ...keyBytes(testKey(73)), ...keyBytes(testKey(74))]),
    });
    const lookups = [
      { table, writable: [0], readonly: [2] },
      { table: second, writable: [1], readonly: [0] },
    ];
    raw(pay(lookups, [0, 3]), null); // 2: to, 3: key 74, 4: key 71, 5: key 73
    expect(c.lamports(testKey(74))).toBe(SOL);
    raw(pay(lookups, [0, 5]), failed(0, "ReadonlyLamportChange"));
  });
  it("a table that does not exist", () => raw(pay(), "AddressLookupTableNotFound"));
  it("a table of another owner", () => {
    put(meta(ACTIVE, 0n, 0), SYSTEM);
    raw(pay(), "InvalidAddressLookupTableOwner");
  });
  it.each([
    ["uninitialised", [...u32(0), ...new Array(52).fill(0)]],
    ["of an unknown kind", [...u32(2), ...new Array(52).fill(0)]],
    ["cut short", meta(ACTIVE, 0n, 0).slice(0, 20)],
    ["with an odd length", [...meta(ACTIVE, 0n, 0), 1]],
    ["with an odd authority tag", meta(ACTIVE, 0n, 0).map((b, i) => (i === 21 ? 2 : b))],
  ] as [string, number[]][])("data %s", (_, head) => {
    put(head);
    raw(pay(), "InvalidAddressLookupTableData");
  });
  it("without authority", () => {
    const head = meta(ACTIVE, 0n, 0);
    head.fill(0, 21);
    put(head);
    raw(pay(), null);
  });
  it("an index beyond the end", () => {
    put(meta(ACTIVE, 0n, 0));
    raw(pay([{ table, writable: [4], readonly: [] }]), "InvalidAddressLookupTableIndex");
    raw(pay([{ table, writable: [0], readonly: [255] }]), "InvalidAddressLookupTableIndex");
  });
  it("extended in this slot", () => {
    put(meta(ACTIVE, BigInt(c.currentSlot()), 1));
    raw(pay(), null);
    raw(pay([{ table, writable: [1], readonly: [] }]), "InvalidAddressLookupTableIndex");
    c.advance();
    raw(pay([{ table, writable: [1], readonly: [] }]), null);
  });
  it("extended in this slot from beyond its end", () => {
    put(meta(ACTIVE, BigInt(c.currentSlot()), 5));
    raw(pay(), "InvalidAddressLookupTableData");
  });
  it("deactivated", () => {
    put(meta(BigInt(c.currentSlot()), 0n, 0));
    raw(pay(), null);
    put(meta(BigInt(c.currentSlot() - 1), 0n, 0));
    raw(pay(), null);
    put(meta(BigInt(c.currentSlot() - 5), 0n, 0)); // not in SlotHashes, which starts 3 slots ago
    raw(pay(), "AddressLookupTableNotFound");
    put(meta(BigInt(c.currentSlot() + 1), 0n, 0));
    raw(pay(), "AddressLookupTableNotFound");
  });
  it("an address twice", () => {
    put(meta(ACTIVE, 0n, 0));
    raw(pay([{ table, writable: [0], readonly: [0] }]), "AccountLoadedTwice");
    put(meta(ACTIVE, 0n, 0), LOOKUP_PROGRAM, [keyBytes(payer)]);
    raw(pay(), "AccountLoadedTwice");
  });
  it("an empty lookup", () => {
    put(meta(ACTIVE, 0n, 0));
    raw(pay([{ table, writable: [], readonly: [] }], [0, 0]), "SanitizeFailure");
  });
  it("a sysvar asked for writable", () => {
    put(meta(ACTIVE, 0n, 0), LOOKUP_PROGRAM, [keyBytes("SysvarC1ock11111111111111111111111111111111")]);
    raw(pay(), failed(0, "ReadonlyLamportChange"));
  });
  it("each table counts 8,248 bytes of loaded data", () => {
    put(meta(ACTIVE, 0n, 0));
    expect(raw(pay(), null).ours.loadedAccountsDataSize).toBe(8_248 + 64 + 64 + 21);
  });
  it("64 and 65 accounts", () => {
    const keys = Array.from({ length: 63 }, (_, i) => keyBytes(testKey(200 + i)));
    put(meta(ACTIVE, 0n, 0), LOOKUP_PROGRAM, keys);
    const all = keys.map((_, i) => i);
    raw(pay([{ table, writable: all.slice(0, 62), readonly: [] }]), null);
    raw(pay([{ table, writable: all, readonly: [] }]), "TooManyAccountLocks");
    raw(pay([{ table, writable: [0], readonly: all.slice(1) }]), "TooManyAccountLocks");
  });
  it("from kit's own compression", () => {
    put(meta(ACTIVE, 0n, 0));
    const lookupTables = { [table]: [to, other, testKey(71), program] };
    c.expect(c.transaction({ payer, version: 0, instructions: [move(payer, to, SOL)], lookupTables }), null);
  });
});

describe("age of the blockhash", () => {
  const answer = (blockhash: string): unknown => {
    const wire = c.transaction({ payer, instructions: [move(payer, to, SOL)], blockhash });
    const { result } = c.ours.execute(wire, c.context());
    return [result.landed, result.error];
  };
  // litesvm knows one blockhash only, so the window is checked on ours alone: Agave's MAX_PROCESSING_AGE is 150.
  it("the newest 150 are usable", () => {
    c.advance(200);
    for (const age of [0, 1, 148, 149]) expect(answer(c.latestBlockhash(age))).toEqual([true, null]);
    for (const age of [150, 151, 199]) expect(answer(c.latestBlockhash(age))).toEqual([false, "BlockhashNotFound"]);
  });
  it("any where the check is skipped", () => {
    const wire = c.transaction({ payer, instructions: [move(payer, to, SOL)], blockhash: testKey(9) });
    expect(c.ours.execute(wire, c.context(), true).result.error).toBeNull();
  });
  it("unknown", () => {
    c.expect(
      c.transaction({ payer, instructions: [move(payer, to, SOL)], blockhash: testKey(9) }),
      "BlockhashNotFound",
    );
    expect(new Uint8Array(getBase58Encoder().encode(c.latestBlockhash())).length).toBe(32);
  });
});

describe("logs", () => {
  const MEMO = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr";
  const memos = (texts: readonly string[]) =>
    raw(
      {
        keys: [payer, MEMO],
        instructions: texts.map((text) => ({ program: 1, accounts: [], data: new TextEncoder().encode(text) })),
      },
      null,
    ).ours.logs;

  it("end at 10,000 bytes, where shorter lines still find room", () => {
    const logs = memos(Array.from({ length: 50 }, (_, i) => "x".repeat(i % 7)));
    expect(logs.filter((line) => line === "Log truncated")).toHaveLength(1);
    expect(logs.at(-1)).not.toBe("Log truncated");
    expect(logs.join("").length).toBeLessThan(10_000 + 13);
  });
  it("and a long line is left out whole", () => {
    const logs = memos([...Array.from({ length: 38 }, () => ""), "y".repeat(900), "", ""]);
    expect(logs).toContain("Log truncated");
    expect(logs.some((line) => line.includes("yyyy"))).toBe(false);
  });
  it("name unknown keys and well-known ones alike", () => {
    const key = "So11111111111111111111111111111111111111112";
    c.expect(
      c.transaction({
        payer,
        instructions: [
          instruction(
            SYSTEM,
            [
              [key, "w"],
              [to, "w"],
            ],
            transferData(1n),
          ),
        ],
      }),
      failed(0, "MissingRequiredSignature"),
    );
    for (let n = 0; n < 300; n++) {
      const bytes = keyBytes(testKey(n * 7919)).slice();
      bytes.fill(0, 0, n % 32);
      const from = instruction(
        SYSTEM,
        [
          [bytes, "w"],
          [to, "w"],
        ],
        transferData(1n),
      );
      c.expect(c.transaction({ payer, instructions: [from] }), failed(0, "MissingRequiredSignature"));
    }
  });
});

describe("what the result says", () => {
  it("balances before and after, of success and failure", () => {
    const good = run([move(payer, to, SOL)], null).ours;
    expect(good.preLamports).toEqual([100n * SOL, 0n, 1n]);
    expect(good.postLamports).toEqual([99n * SOL - 5_000n, SOL, 1n]);
    expect(good.fee).toBe(5_000n);
    const bad = run([move(payer, to, 1_000n * SOL)], failed(0, { Custom: 1 })).ours;
    expect(bad.preLamports).toEqual([99n * SOL - 5_000n, SOL, 1n]);
    expect(bad.postLamports).toEqual([99n * SOL - 10_000n, SOL, 1n]);
  });
  it("token balances before and after, of success and failure", () => {
    const [mint, source, target] = [testKey(90), testKey(91), testKey(92)];
    const TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
    const account = (amount: bigint): Uint8Array => {
      const data = new Uint8Array(165);
      data.set([...keyBytes(mint), ...keyBytes(payer), ...u64(amount)]);
      data[108] = 1;
      return data;
    };
    const mintData = new Uint8Array(82);
    mintData.set([...u64(100n), 6, 1], 36);
    c.setAccount(mint, { lamports: SOL, owner: TOKEN, data: mintData });
    c.setAccount(source, { lamports: SOL, owner: TOKEN, data: account(100n) });
    c.setAccount(target, { lamports: SOL, owner: TOKEN, data: account(0n) });
    const checked = (amount: bigint): Instruction =>
      instruction(
        TOKEN,
        [
          [source, "w"],
          [mint, "r"],
          [target, "w"],
          [payer, "ws"],
        ],
        [12, ...u64(amount), 6],
      );
    const balances = (list: TokenBalance[]): unknown[] =>
      list.map((b) => [keyAddress(b.mint), b.amount, b.decimals, b.program]);

    const good = c.expect(c.transaction({ payer, instructions: [checked(40n)] }), null).ours;
    expect(balances(good.tokenPre).sort()).toEqual([
      [mint, 0n, 6, 0],
      [mint, 100n, 6, 0],
    ]);
    expect(balances(good.tokenPost).sort()).toEqual([
      [mint, 40n, 6, 0],
      [mint, 60n, 6, 0],
    ]);
    expect(keyAddress(good.tokenPost[0]!.owner)).toBe(payer);
    const instructions = [checked(40n), checked(40n)];
    const bad = c.expect(c.transaction({ payer, instructions }), failed(1, { Custom: 1 })).ours;
    expect(balances(bad.tokenPost)).toEqual(balances(bad.tokenPre));
    const plain = instruction(
      TOKEN,
      [
        [source, "w"],
        [target, "w"],
        [payer, "ws"],
      ],
      [3, ...u64(1n)],
    );
    const unknown = c.expect(c.transaction({ payer, instructions: [plain] }), null).ours;
    expect(unknown.tokenPost.map((b) => b.decimals)).toEqual([255, 255]);
    expect(run([move(payer, to, SOL)], null).ours.tokenPre).toEqual([]);
  });
  it("nothing of what did not land", () => {
    const { ours } = c.expect(
      c.transaction({ payer: testKey(80), instructions: [move(payer, to, SOL)] }),
      "AccountNotFound",
    );
    expect(ours.landed).toBe(false);
    expect(ours.fee).toBe(0n);
    expect(ours.preLamports).toEqual([]);
  });
});
