/** Every HTTP method, called through a published client, against one small history whose every number is known. */
import { zstdDecompressSync } from "node:zlib";
import {
  type Address,
  address,
  compileTransaction,
  generateKeyPairSigner,
  getAddressEncoder,
  getBase58Decoder,
  getBase64EncodedWireTransaction,
  getSignatureFromTransaction,
  type KeyPairSigner,
  lamports,
  type Signature,
} from "@solana/kit";
import { getSetComputeUnitLimitInstruction, getSetComputeUnitPriceInstruction } from "@solana-program/compute-budget";
import { getAddMemoInstruction } from "@solana-program/memo";
import { getCreateAccountInstruction, getTransferSolInstruction, SYSTEM_PROGRAM_ADDRESS } from "@solana-program/system";
import {
  findAssociatedTokenPda,
  getCreateAssociatedTokenIdempotentInstruction,
  getInitializeMint2Instruction,
  getMintSize,
  getMintToInstruction,
  TOKEN_PROGRAM_ADDRESS,
} from "@solana-program/token";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Network, startNetwork } from "../../../infra/network/index.ts";
import { TINY_GENERATIONS } from "../generations.ts";
import { FEE, type KitClient, kitClient, SOL } from "./kit-client.ts";

const MINT_RENT = (128n + 82n) * 6_960n;
const TOKEN_RENT = (128n + 165n) * 6_960n;
const UNITS = 1_000;
const PRICE = 2_000_000n;
const PRIORITY_FEE = (BigInt(UNITS) * PRICE) / 1_000_000n;
const HISTORY = 25;

let network: Network;
let client: KitClient;
let payer: KeyPairSigner;
let receiver: Address;
let mint: Address;
let tokens: Address;
/** What happened: `made` creates mint and token account, `paid` pays `receiver` with a priority fee and a memo. */
let made: Signature;
let paid: Signature;
let slotOfMade: bigint;
let slotOfPaid: bigint;

/** `rpc` alone, without retries or defaults: what comes over the wire. */
async function raw(method: string, ...params: unknown[]): Promise<Record<string, unknown>> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const response = await fetch(network.rpcUrl, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  return (await response.json()) as Record<string, unknown>;
}

async function slotOf(signature: Signature): Promise<bigint> {
  return (await client.rpc.getSignatureStatuses([signature]).send()).value[0]!.slot;
}

beforeAll(async () => {
  network = await startNetwork({ slotMs: 20, ledger: TINY_GENERATIONS });
  client = kitClient(network);
  payer = await client.funded(100n * SOL);
  const newMint = await generateKeyPairSigner();
  mint = newMint.address;
  receiver = (await generateKeyPairSigner()).address;
  [tokens] = await findAssociatedTokenPda({ mint, owner: receiver, tokenProgram: TOKEN_PROGRAM_ADDRESS });
  made = await client.send(payer, [
    getCreateAccountInstruction({
      payer,
      newAccount: newMint,
      lamports: lamports(MINT_RENT),
      space: getMintSize(),
      programAddress: TOKEN_PROGRAM_ADDRESS,
    }),
    getInitializeMint2Instruction({ mint, decimals: 6, mintAuthority: payer.address, freezeAuthority: null }),
    getCreateAssociatedTokenIdempotentInstruction({ payer, ata: tokens, owner: receiver, mint }),
    getMintToInstruction({ mint, token: tokens, mintAuthority: payer, amount: 2_500_000n }),
  ]);
  paid = await client.send(payer, [
    getSetComputeUnitLimitInstruction({ units: UNITS }),
    getSetComputeUnitPriceInstruction({ microLamports: PRICE }),
    getTransferSolInstruction({ source: payer, destination: receiver, amount: SOL }),
  ]);
  [slotOfMade, slotOfPaid] = [await slotOf(made), await slotOf(paid)];
});
afterAll(() => network?.stop());

describe("accounts", () => {
  test("getBalance", async () => {
    const spent = MINT_RENT + TOKEN_RENT + 2n * FEE + SOL + FEE + PRIORITY_FEE;
    expect(await client.balance(payer.address)).toBe(100n * SOL - spent);
    expect(await client.balance(receiver)).toBe(SOL);
    const { context, value } = await client.rpc.getBalance(mint, { commitment: "finalized" }).send();
    expect(value).toBe(MINT_RENT);
    expect(context.slot).toBeGreaterThanOrEqual(slotOfPaid);
  });

  test("getAccountInfo in every encoding", async () => {
    const { rpc } = client;
    const { value: account } = await rpc.getAccountInfo(mint, { encoding: "base64" }).send();
    expect(account).toMatchObject({
      executable: false,
      lamports: MINT_RENT,
      owner: TOKEN_PROGRAM_ADDRESS,
      space: 82n,
      rentEpoch: 18_446_744_073_709_551_615n,
    });
    const data = Buffer.from(account!.data[0], "base64");
    expect(data.subarray(4, 36)).toEqual(Buffer.from(getAddressEncoder().encode(payer.address)));
    expect([data.readBigUInt64LE(36), data[44], data[45]]).toEqual([2_500_000n, 6, 1]);
    const { value: base58 } = await rpc.getAccountInfo(mint, { encoding: "base58" }).send();
    expect(base58!.data).toEqual([getBase58Decoder().decode(data), "base58"]);
    const { value: zstd } = await rpc.getAccountInfo(mint, { encoding: "base64+zstd" }).send();
    expect(zstd!.data[1]).toBe("base64+zstd");
    expect(zstdDecompressSync(Buffer.from(zstd!.data[0], "base64"))).toEqual(data);
    const { value: parsed } = await rpc.getAccountInfo(mint, { encoding: "jsonParsed" }).send();
    expect(parsed!.data).toEqual({
      program: "spl-token",
      space: 82n,
      parsed: {
        type: "mint",
        info: {
          decimals: 6,
          freezeAuthority: null,
          isInitialized: true,
          mintAuthority: payer.address,
          supply: "2500000",
        },
      },
    });
    const sliced = await rpc.getAccountInfo(mint, { encoding: "base64", dataSlice: { offset: 36, length: 8 } }).send();
    expect(sliced.value!.data).toEqual([data.subarray(36, 44).toString("base64"), "base64"]);
    expect(sliced.value!.space).toBe(82n);
  });

  test("getMultipleAccounts", async () => {
    const nobody = (await generateKeyPairSigner()).address;
    const { value } = await client.rpc
      .getMultipleAccounts([tokens, nobody, SYSTEM_PROGRAM_ADDRESS, receiver], { encoding: "base64" })
      .send();
    expect(value.map((one) => one && [one.owner, one.lamports, one.space, one.executable])).toEqual([
      [TOKEN_PROGRAM_ADDRESS, TOKEN_RENT, 165n, false],
      null,
      [address("NativeLoader1111111111111111111111111111111"), expect.any(BigInt), expect.any(BigInt), true],
      [SYSTEM_PROGRAM_ADDRESS, SOL, 0n, false],
    ]);
  });

  test("getProgramAccounts by size and bytes, sliced, with context", async () => {
    const all = await client.rpc.getProgramAccounts(TOKEN_PROGRAM_ADDRESS, { encoding: "base64" }).send();
    const native = address("So11111111111111111111111111111111111111112");
    expect(all.map(({ pubkey }) => pubkey).sort()).toEqual([mint, tokens, native].sort());
    const filters = [
      { dataSize: 165n },
      { memcmp: { offset: 32n, bytes: receiver as never, encoding: "base58" as const } },
      {
        memcmp: {
          offset: 64n,
          bytes: Buffer.from([0xa0, 0x25, 0x26]).toString("base64") as never,
          encoding: "base64" as const,
        },
      },
    ];
    const found = await client.rpc
      .getProgramAccounts(TOKEN_PROGRAM_ADDRESS, {
        encoding: "base64",
        filters,
        dataSlice: { offset: 64, length: 8 },
        withContext: true,
      })
      .send();
    expect(found.context.slot).toBeGreaterThanOrEqual(slotOfPaid);
    expect(found.value.map(({ pubkey, account }) => [pubkey, account.data[0]])).toEqual([
      [tokens, Buffer.from([0xa0, 0x25, 0x26, 0, 0, 0, 0, 0]).toString("base64")],
    ]);
    const none = await client.rpc
      .getProgramAccounts(TOKEN_PROGRAM_ADDRESS, { encoding: "base64", filters: [{ dataSize: 166n }] })
      .send();
    expect(none).toEqual([]);
  });
});

describe("tokens", () => {
  const amount = { amount: "2500000", decimals: 6, uiAmount: 2.5, uiAmountString: "2.5" };

  test("getTokenAccountBalance, getTokenSupply, getTokenLargestAccounts", async () => {
    expect((await client.rpc.getTokenAccountBalance(tokens).send()).value).toEqual(amount);
    expect((await client.rpc.getTokenSupply(mint).send()).value).toEqual(amount);
    expect((await client.rpc.getTokenLargestAccounts(mint).send()).value).toEqual([{ address: tokens, ...amount }]);
  });

  test("getTokenAccountsByOwner by mint and by program", async () => {
    for (const filter of [{ mint }, { programId: TOKEN_PROGRAM_ADDRESS }]) {
      const { value } = await client.rpc.getTokenAccountsByOwner(receiver, filter, { encoding: "jsonParsed" }).send();
      expect(value.map(({ pubkey }) => pubkey)).toEqual([tokens]);
      expect(value[0]!.account.data.parsed.info).toMatchObject({ mint, owner: receiver, tokenAmount: amount });
    }
    const none = await client.rpc.getTokenAccountsByOwner(payer.address, { mint }, { encoding: "base64" }).send();
    expect(none.value).toEqual([]);
  });
});

describe("transactions", () => {
  test("getSignatureStatuses", async () => {
    const { value } = await client.rpc.getSignatureStatuses([paid, made], { searchTransactionHistory: true }).send();
    const status = { confirmations: null, confirmationStatus: "finalized", err: null, status: { Ok: null } };
    expect(value).toEqual([
      { ...status, slot: slotOfPaid },
      { ...status, slot: slotOfMade },
    ]);
  });

  test("getTransaction in every encoding", async () => {
    const options = { maxSupportedTransactionVersion: 0 } as const;
    const json = await client.rpc.getTransaction(paid, { ...options, encoding: "json" }).send();
    expect(json).toMatchObject({
      slot: slotOfPaid,
      version: 0,
      meta: {
        err: null,
        fee: FEE + PRIORITY_FEE,
        computeUnitsConsumed: 450n,
        innerInstructions: [],
        preTokenBalances: [],
        postTokenBalances: [],
        rewards: [],
      },
      transaction: { signatures: [paid], message: { header: { numRequiredSignatures: 1 } } },
    });
    const { preBalances, postBalances } = json!.meta!;
    expect(preBalances[0]! - postBalances[0]!).toBe(SOL + FEE + PRIORITY_FEE);
    expect([preBalances[1], postBalances[1]]).toEqual([0n, SOL]);
    expect(json!.blockTime).toBe(await client.rpc.getBlockTime(slotOfPaid).send());
    const base64 = await client.rpc.getTransaction(paid, { ...options, encoding: "base64" }).send();
    const wire = Buffer.from(base64!.transaction[0], "base64");
    expect(getBase58Decoder().decode(wire.subarray(1, 65))).toBe(paid);
    const base58 = await client.rpc.getTransaction(paid, { ...options, encoding: "base58" }).send();
    expect(base58!.transaction).toEqual([getBase58Decoder().decode(wire), "base58"]);
    const parsed = await client.rpc.getTransaction(paid, { ...options, encoding: "jsonParsed" }).send();
    expect(parsed!.transaction.message.instructions[2]).toEqual({
      program: "system",
      programId: SYSTEM_PROGRAM_ADDRESS,
      stackHeight: expect.anything(),
      parsed: { type: "transfer", info: { source: payer.address, destination: receiver, lamports: SOL } },
    });
  });

  test("getTransaction shows calls between programs and token balances", async () => {
    const parsed = await client.rpc
      .getTransaction(made, { maxSupportedTransactionVersion: 0, encoding: "jsonParsed" })
      .send();
    const names = (list: readonly unknown[]) => list.map((one) => (one as { parsed?: { type?: string } }).parsed?.type);
    expect(names(parsed!.transaction.message.instructions)).toEqual([
      "createAccount",
      "initializeMint2",
      "createIdempotent",
      "mintTo",
    ]);
    const [inner] = parsed!.meta!.innerInstructions!;
    expect(inner!.index).toBe(2);
    expect(names(inner!.instructions)).toEqual([
      "getAccountDataSize",
      "createAccount",
      "initializeImmutableOwner",
      "initializeAccount3",
    ]);
    expect(parsed!.meta!.preTokenBalances).toEqual([]);
    expect(parsed!.meta!.postTokenBalances).toMatchObject([
      { mint, owner: receiver, programId: TOKEN_PROGRAM_ADDRESS, uiTokenAmount: { amount: "2500000", decimals: 6 } },
    ]);
  });

  test("getSignaturesForAddress pages through a history, newest first", async () => {
    const to = await generateKeyPairSigner();
    const sent = await Promise.all(
      Array.from({ length: HISTORY }, (_, i) =>
        client.send(payer, [
          getTransferSolInstruction({ source: payer, destination: to.address, amount: SOL + BigInt(i) }),
          getAddMemoInstruction({ memo: `#${i}` }),
        ]),
      ),
    );
    const all = await client.rpc.getSignaturesForAddress(to.address).send();
    expect(all.map(({ signature }) => signature).sort()).toEqual([...sent].sort());
    for (const { signature, memo, err, confirmationStatus } of all) {
      const text = `#${sent.indexOf(signature)}`;
      expect([memo, err, confirmationStatus]).toEqual([`[${text.length}] ${text}`, null, "finalized"]);
    }
    const paged: (typeof all)[number][] = [];
    for (let before: Signature | undefined; ; before = paged.at(-1)!.signature) {
      const page = await client.rpc.getSignaturesForAddress(to.address, { limit: 7, ...(before && { before }) }).send();
      paged.push(...page);
      if (page.length < 7) break;
    }
    expect(paged).toEqual(all);
    const until = await client.rpc.getSignaturesForAddress(to.address, { until: all[9]!.signature }).send();
    expect(until).toEqual(all.slice(0, 9));
    for (const [newer, older] of all.slice(1).map((entry, i) => [all[i]!, entry] as const)) {
      expect(newer.slot).toBeGreaterThanOrEqual(older.slot);
    }
    const blocks = new Map<bigint, readonly string[]>();
    for (const { slot } of all) {
      const block = await client.rpc.getBlock(slot, { transactionDetails: "signatures", rewards: false }).send();
      blocks.set(slot, block!.signatures);
    }
    const inOrder = [...blocks.values()].flatMap((signatures) =>
      signatures.filter((one) => sent.includes(one as Signature)).reverse(),
    );
    expect(all.map(({ signature }) => signature)).toEqual(inOrder);
  });

  test("sendTransaction in base58 and base64", async () => {
    for (const encoding of ["base58", "base64"] as const) {
      const to = (await generateKeyPairSigner()).address;
      const transfer = getTransferSolInstruction({ source: payer, destination: to, amount: SOL });
      const transaction = await client.signed(payer, [transfer]);
      const wire = getBase64EncodedWireTransaction(transaction);
      const signature = getSignatureFromTransaction(transaction);
      const sent =
        encoding === "base64"
          ? await client.rpc.sendTransaction(wire, { encoding, maxRetries: 0n }).send()
          : (await raw("sendTransaction", getBase58Decoder().decode(Buffer.from(wire, "base64")))).result;
      expect(sent).toBe(signature);
      while (!(await client.rpc.getSignatureStatuses([signature]).send()).value[0]);
      expect(await client.balance(to)).toBe(SOL);
    }
  });

  test("getFeeForMessage", async () => {
    const message = await client.message(payer, [
      getSetComputeUnitLimitInstruction({ units: UNITS }),
      getSetComputeUnitPriceInstruction({ microLamports: PRICE }),
    ]);
    const bytes = Buffer.from(compileTransaction(message).messageBytes).toString("base64");
    expect((await client.rpc.getFeeForMessage(bytes as never).send()).value).toBe(FEE + PRIORITY_FEE);
  });

  test("requestAirdrop", async () => {
    const to = (await generateKeyPairSigner()).address;
    const signature = await client.rpc.requestAirdrop(to, lamports(7n * SOL)).send();
    while (!(await client.rpc.getSignatureStatuses([signature]).send()).value[0]);
    expect(await client.balance(to)).toBe(7n * SOL);
  });

  test("getRecentPrioritizationFees", async () => {
    const paying = await client.send(payer, [
      getSetComputeUnitPriceInstruction({ microLamports: 777n }),
      getTransferSolInstruction({ source: payer, destination: receiver, amount: 1n }),
    ]);
    const slot = await slotOf(paying);
    const fees = await client.rpc.getRecentPrioritizationFees([receiver]).send();
    expect(fees.find((fee) => fee.slot === slot)).toEqual({ slot, prioritizationFee: 777n });
  });
});

describe("blocks", () => {
  test("getBlock in every detail", async () => {
    const { rpc } = client;
    const options = { maxSupportedTransactionVersion: 0 } as const;
    const full = await rpc.getBlock(slotOfPaid, { ...options, transactionDetails: "full", encoding: "json" }).send();
    const parent = await rpc.getBlock(slotOfPaid - 1n, { ...options, transactionDetails: "none" }).send();
    expect(full).toMatchObject({
      blockHeight: expect.any(BigInt),
      parentSlot: slotOfPaid - 1n,
      previousBlockhash: parent!.blockhash,
      rewards: [],
    });
    expect(full!.transactions.map(({ transaction }) => transaction.signatures)).toEqual([[paid]]);
    expect(full!.transactions[0]!.meta!.fee).toBe(FEE + PRIORITY_FEE);
    expect(parent).not.toHaveProperty("transactions");
    const signatures = await rpc.getBlock(slotOfPaid, { transactionDetails: "signatures" }).send();
    expect(signatures).toMatchObject({ signatures: [paid], blockhash: full!.blockhash });
    const accounts = await rpc.getBlock(slotOfPaid, { ...options, transactionDetails: "accounts" }).send();
    expect(accounts!.transactions[0]!.transaction.accountKeys.slice(0, 2)).toEqual([
      { pubkey: payer.address, signer: true, source: "transaction", writable: true },
      { pubkey: receiver, signer: false, source: "transaction", writable: true },
    ]);
    const encoded = await rpc.getBlock(slotOfPaid, { ...options, encoding: "base64" }).send();
    const stored = await rpc.getTransaction(paid, { ...options, encoding: "base64" }).send();
    expect(encoded!.transactions[0]!.transaction).toEqual(stored!.transaction);
    const parsed = await rpc.getBlock(slotOfPaid, { ...options, encoding: "jsonParsed" }).send();
    expect(parsed!.transactions[0]!.transaction.message.instructions[2]).toMatchObject({ program: "system" });
    const unversioned = await raw("getBlock", Number(slotOfPaid), {});
    expect(unversioned).toMatchObject({ error: { code: -32015 } });
  });

  test("getBlocks, getBlocksWithLimit, getBlockTime", async () => {
    const { rpc } = client;
    expect(await rpc.getBlocks(slotOfMade, slotOfMade + 3n).send()).toEqual(
      [0n, 1n, 2n, 3n].map((n) => slotOfMade + n),
    );
    expect(await rpc.getBlocksWithLimit(slotOfMade, 2).send()).toEqual([slotOfMade, slotOfMade + 1n]);
    const now = BigInt(Math.floor(Date.now() / 1000));
    const time = await rpc.getBlockTime(slotOfPaid).send();
    expect(time).toBeLessThanOrEqual(now);
    expect(time).toBeGreaterThan(now - 600n);
    expect(time).toBe((await rpc.getBlock(slotOfPaid, { transactionDetails: "none" }).send())!.blockTime);
  });
});

describe("the chain", () => {
  test("getSlot, getBlockHeight, getEpochInfo, getTransactionCount grow together", async () => {
    const { rpc } = client;
    const slot = await rpc.getSlot().send();
    const height = await rpc.getBlockHeight().send();
    const epoch = await rpc.getEpochInfo().send();
    // Slots with transactions raise the height every eighth time only.
    expect(height).toBeLessThanOrEqual(slot);
    expect(height * 8n).toBeGreaterThanOrEqual(slot);
    expect(epoch).toMatchObject({ epoch: 0n, slotsInEpoch: 432_000n, slotIndex: epoch.absoluteSlot });
    expect(epoch.blockHeight).toBeGreaterThanOrEqual(height);
    expect(epoch.blockHeight).toBeLessThanOrEqual(epoch.absoluteSlot);
    const before = await rpc.getTransactionCount().send();
    await client.send(payer, [getTransferSolInstruction({ source: payer, destination: receiver, amount: 2n })]);
    expect(await rpc.getTransactionCount().send()).toBe(before + 1n);
    expect(await rpc.getSlot().send()).toBeGreaterThan(slot);
  });

  test("getLatestBlockhash is that of the block which raised the height; isBlockhashValid knows it, and no other", async () => {
    const { rpc } = client;
    const { context, value } = await rpc.getLatestBlockhash().send();
    let slot = context.slot;
    let block = await rpc.getBlock(slot, { transactionDetails: "none" }).send();
    expect(value.lastValidBlockHeight).toBe(block!.blockHeight! + 150n);
    for (
      ;
      block!.blockhash !== value.blockhash;
      block = await rpc.getBlock(--slot, { transactionDetails: "none" }).send()
    ) {
      expect(context.slot - slot).toBeLessThan(8n);
    }
    expect(block!.blockHeight! + 150n).toBe(value.lastValidBlockHeight);
    expect((await rpc.isBlockhashValid(value.blockhash).send()).value).toBe(true);
    expect((await rpc.isBlockhashValid(receiver as never).send()).value).toBe(false);
  });

  test("getSupply is the genesis less every fee", async () => {
    const { rpc } = client;
    const tip = await rpc.getSlot().send();
    let fees = 0n;
    for (const slot of await rpc.getBlocks(1n, tip).send()) {
      const block = await rpc.getBlock(slot, { maxSupportedTransactionVersion: 0, rewards: false }).send();
      for (const { meta } of block!.transactions) fees += meta!.fee;
    }
    let genesis = 500_000_000n * SOL + 128n * 6_960n + SOL;
    // Programs of the genesis, which nothing here touches.
    for (const owner of [
      "BPFLoader1111111111111111111111111111111111",
      "BPFLoader2111111111111111111111111111111111",
      "BPFLoaderUpgradeab1e11111111111111111111111",
      "Config1111111111111111111111111111111111111",
    ]) {
      const options = { encoding: "base64", dataSlice: { offset: 0, length: 0 } } as const;
      for (const { account } of await rpc.getProgramAccounts(address(owner), options).send())
        genesis += account.lamports;
    }
    expect((await rpc.getSupply().send()).value).toEqual({
      total: genesis - fees,
      circulating: genesis - fees,
      nonCirculating: 0n,
      nonCirculatingAccounts: [],
    });
  });

  test("getMinimumBalanceForRentExemption", async () => {
    expect(await client.rpc.getMinimumBalanceForRentExemption(0n).send()).toBe(890_880n);
    expect(await client.rpc.getMinimumBalanceForRentExemption(165n).send()).toBe(2_039_280n);
  });

  test("getGenesisHash, getIdentity, getHealth, getVersion, getFirstAvailableBlock", async () => {
    const { rpc } = client;
    expect(await rpc.getGenesisHash().send()).toBe(network.genesisHash);
    expect((await rpc.getIdentity().send()).identity).toBe(network.identity.address);
    expect(await rpc.getHealth().send()).toBe("ok");
    expect((await rpc.getVersion().send())["solana-core"]).toMatch(/^\d+\.\d+\.\d+$/);
    expect(await rpc.getFirstAvailableBlock().send()).toBe(0n);
  });
});

test("a JSON-RPC batch answers each call in order, faults among them", async () => {
  const call = (id: unknown, method: string, ...params: unknown[]) => ({ jsonrpc: "2.0", id, method, params });
  const batch = [
    call(1, "getHealth"),
    call("two", "getBalance", receiver),
    call(3, "noSuchMethod"),
    { jsonrpc: "2.0", method: "getHealth" },
    call(null, "getGenesisHash"),
    call(5, "getBalance", "nonsense"),
  ];
  const response = await fetch(network.rpcUrl, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(batch),
  });
  expect(await response.json()).toMatchObject([
    { id: 1, result: "ok" },
    { id: "two", result: { value: expect.any(Number) } },
    { id: 3, error: { code: -32601, message: expect.stringContaining("noSuchMethod") } },
    { id: null, result: network.genesisHash },
    { id: 5, error: { code: -32602 } },
  ]);
});
