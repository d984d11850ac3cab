/** A network for development: accounts by decree, the clock, profiles; asked for with @solana/kit as it is. */
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Address,
  address,
  assertAccountExists,
  createSolanaRpc,
  fetchEncodedAccount,
  generateKeyPairSigner,
  getBase64EncodedWireTransaction,
  isSolanaError,
  type Rpc,
} from "@solana/kit";
import { getCreateAccountInstruction, getTransferSolInstruction } from "@solana-program/system";
import {
  fetchToken,
  findAssociatedTokenPda,
  getInitializeMint2Instruction,
  getMintSize,
  getTransferCheckedInstruction,
  getTransferInstruction,
  TOKEN_PROGRAM_ADDRESS,
} from "@solana-program/token";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Network, startNetwork } from "../../infra/network/index.ts";
import { programBytes, show } from "../../infra/program/manage.ts";
import { LiteChain } from "../unit/program/lite-chain.ts";
import { type KitClient, kitClient, rejection, SOL } from "./clients/kit-client.ts";

const MEMO = address("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");
const LOADER_2 = address("BPFLoader2111111111111111111111111111111111");
const CLOCK = address("SysvarC1ock11111111111111111111111111111111");
const DEV_NETWORK = address("DevNetwork111111111111111111111111111111111");
const WRAPPED_SOL = address("So11111111111111111111111111111111111111112");
const TOKEN_2022 = address("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");
const EPOCH = 432_000n;

interface EpochInfo {
  readonly absoluteSlot: bigint;
  readonly blockHeight: bigint;
  readonly epoch: bigint;
  readonly slotIndex: bigint;
}
interface Frame {
  readonly programId: Address;
  readonly stackHeight: bigint;
  readonly computeUnitsConsumed: bigint;
  readonly computeUnitsOwn: bigint;
  readonly failed: boolean;
  readonly calls: readonly Frame[];
}
interface Profile {
  readonly computeUnitsConsumed: bigint;
  readonly logMessages: readonly string[];
  readonly errorMessage: string | null;
  readonly accountStates: Record<string, { type: string; accountChange?: { type: string } }>;
  readonly frame: Frame;
}
type DevApi = {
  surfnet_setAccount(key: Address, update: Record<string, unknown>): { value: null };
  surfnet_setTokenAccount(
    owner: Address,
    mint: Address,
    update: Record<string, unknown>,
    program?: Address,
  ): { value: null };
  surfnet_timeTravel(target?: Record<string, bigint | number>): EpochInfo;
  surfnet_pauseClock(): EpochInfo;
  surfnet_resumeClock(): EpochInfo;
  surfnet_profileTransaction(
    transaction: string,
    tag?: string,
    config?: object,
  ): { value: { instructionProfiles?: readonly Profile[]; transactionProfile: Profile } };
};

let network: Network;
let client: KitClient;
let dev: Rpc<DevApi>;
/** Kit writes bigints for the methods that it knows only. */
const numbers = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? Number(part) : part)));
/** Kit's own client, which has any method; its type knows Solana's only. */
function devRpc(url: string): Rpc<DevApi> {
  const rpc = createSolanaRpc(url) as unknown as Record<string, (...params: unknown[]) => unknown>;
  const get =
    (_: object, name: string) =>
    (...params: unknown[]) =>
      rpc[name]!(...(numbers(params) as unknown[]));
  return new Proxy({}, { get }) as Rpc<DevApi>;
}
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const random = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 2654435761) >>> 13);

async function account(key: Address) {
  const found = await fetchEncodedAccount(client.rpc, key);
  assertAccountExists(found);
  return found;
}
const newAddress = async () => (await generateKeyPairSigner()).address;
async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  const error = await rejection(promise);
  return isSolanaError(error) ? (error.context as { __code: number }).__code : error;
}
/** Unix seconds, slot and epoch as programs see them. */
async function clockSysvar() {
  const { data } = await account(CLOCK);
  const view = new DataView(data.buffer, data.byteOffset);
  return {
    slot: view.getBigUint64(0, true),
    epochStart: view.getBigInt64(8, true),
    epoch: view.getBigUint64(16, true),
    time: view.getBigInt64(32, true),
  };
}
async function pay(): Promise<void> {
  const wallet = await client.funded(2n * SOL);
  const to = await newAddress();
  await client.send(wallet, [getTransferSolInstruction({ source: wallet, destination: to, amount: SOL })]);
  expect(await client.balance(to)).toBe(SOL);
}

beforeAll(async () => {
  network = await startNetwork({ slotMs: 20, dev: true });
  client = kitClient(network);
  dev = devRpc(network.rpcUrl);
});
afterAll(() => network?.stop());

describe("without --dev", () => {
  test("every one of the methods says how it is switched on", async () => {
    const plain = await startNetwork({ slotMs: 20 });
    try {
      const rpc = devRpc(plain.rpcUrl);
      const key = await newAddress();
      for (const call of [
        rpc.surfnet_setAccount(key, { lamports: 1n }),
        rpc.surfnet_setTokenAccount(key, key, {}),
        rpc.surfnet_timeTravel(),
        rpc.surfnet_pauseClock(),
        rpc.surfnet_resumeClock(),
        rpc.surfnet_profileTransaction("AA=="),
      ]) {
        const error = (await rejection(call.send())) as Error & { context: { __code: number } };
        expect(error.context.__code).toBe(-32601);
        expect(error.message).toContain("start it with --dev");
      }
    } finally {
      await plain.stop();
    }
  });
});

describe("surfnet_setAccount", () => {
  test("makes an account; later ones change what they name and leave the rest", async () => {
    const key = await newAddress();
    const owner = await newAddress();
    await dev.surfnet_setAccount(key, { lamports: 5_000_000n, owner, data: "0a0b0c", executable: false }).send();
    expect(await account(key)).toMatchObject({
      lamports: 5_000_000n,
      programAddress: owner,
      data: Uint8Array.of(10, 11, 12),
    });
    await dev.surfnet_setAccount(key, { lamports: 7_000_000n }).send();
    expect(await account(key)).toMatchObject({
      lamports: 7_000_000n,
      programAddress: owner,
      data: Uint8Array.of(10, 11, 12),
    });
    await dev.surfnet_setAccount(key, { data: ["AQI=", "base64"], rentEpoch: 5n, executable: true }).send();
    expect(await account(key)).toMatchObject({ lamports: 7_000_000n, executable: true, data: Uint8Array.of(1, 2) });
    await dev.surfnet_setAccount(key, { data: [9, 8, 7], executable: false }).send();
    expect(await account(key)).toMatchObject({ executable: false, data: Uint8Array.of(9, 8, 7) });
    await dev.surfnet_setAccount(key, { lamports: 0n }).send();
    expect((await fetchEncodedAccount(client.rpc, key)).exists).toBe(false);
  });

  test("lamports that are not named become rent-exempt; those that are may be fewer", async () => {
    const [first, second] = [await newAddress(), await newAddress()];
    await dev.surfnet_setAccount(first, { data: hex(random(100)) }).send();
    expect((await account(first)).lamports).toBe((128n + 100n) * 6_960n);
    await dev.surfnet_setAccount(second, { lamports: 1_000n, data: hex(random(100)) }).send();
    expect((await account(second)).lamports).toBe(1_000n);
  });

  test("no lamports are made or lost but the fees", async () => {
    const total = async () => (await client.rpc.getSupply().send()).value.total;
    const before = await total();
    const count = await client.rpc.getTransactionCount().send();
    await dev
      .surfnet_setAccount(await newAddress(), { lamports: (123_456_789n * SOL) / 100n, data: hex(random(5_000)) })
      .send();
    const transactions = (await client.rpc.getTransactionCount().send()) - count;
    expect(transactions).toBe(6n); // five writes of 1,000 bytes, and what takes them over
    expect(await total()).toBe(before - transactions * 5_000n);
  });

  test.for([901, 384 * 1024 + 1, 10 * 1024 * 1024])("data of %i bytes", async (length) => {
    const key = await newAddress();
    const data = random(length);
    await dev.surfnet_setAccount(key, { data: hex(data) }).send();
    expect(Buffer.from((await account(key)).data).equals(data)).toBe(true);
  });

  test("a program that was set runs at once, and so does the one that replaces it", async () => {
    const key = await newAddress();
    const elf = programBytes(await show(new LiteChain(), MEMO));
    const wallet = await client.funded();
    const call = (text: string) => client.send(wallet, [{ programAddress: key, data: new TextEncoder().encode(text) }]);
    await dev.surfnet_setAccount(key, { data: hex(elf), owner: LOADER_2, executable: true }).send();
    await call("first");
    await dev.surfnet_setAccount(key, { data: "00" }).send();
    await rejection(call("none"));
    await dev.surfnet_setAccount(key, { data: hex(elf) }).send();
    await call("second");
  });

  test("it is in a block: subscriptions tell, history has it, a restart keeps it", async () => {
    const key = await newAddress();
    const abort = new AbortController();
    const notices = await client.rpcSubscriptions.accountNotifications(key).subscribe({ abortSignal: abort.signal });
    // Heard only by who listens when they come.
    const heard = notices[Symbol.asyncIterator]().next();
    await dev.surfnet_setAccount(key, { lamports: 42_000_000n, data: hex(random(2_000)) }).send();
    expect((await heard).value.value.lamports).toBe(42_000_000n);
    abort.abort();
    expect((await client.rpc.getSignaturesForAddress(key).send()).length).toBe(1);
    await network.restart();
    expect(Buffer.from((await account(key)).data).equals(random(2_000))).toBe(true);
  });

  test.for([
    ["11111111111111111111111111111111", { lamports: 1n }],
    ["SysvarC1ock11111111111111111111111111111111", { data: "00" }],
    ["DevNetwork111111111111111111111111111111111", { data: "00" }],
    ["Vote111111111111111111111111111111111111111", { lamports: 1n }],
    ["not an address", { lamports: 1n }],
    [MEMO.replace("Memo", "Memp"), { data: "0" }],
    [MEMO.replace("Memo", "Memp"), { data: "zz" }],
    [MEMO.replace("Memo", "Memp"), { owner: "x" }],
    [MEMO.replace("Memo", "Memp"), { lamports: 600_000_000n * SOL }],
    [MEMO.replace("Memo", "Memp"), { data: "00".repeat(10 * 1024 * 1024 + 1) }],
  ] as const)("refuses %s %o", async ([key, update]) => {
    expect(await codeOf(dev.surfnet_setAccount(key as Address, update).send())).toBe(-32602);
  });

  test("nothing stays of data that were sent for an account that cannot be set", async () => {
    const key = await newAddress();
    const update = { lamports: 600_000_000n * SOL, data: hex(random(5_000)) };
    expect(await codeOf(dev.surfnet_setAccount(key, update).send())).toBe(-32602);
    const options = { encoding: "base64", dataSlice: { offset: 0, length: 0 } } as const;
    const staged = await client.rpc.getProgramAccounts(DEV_NETWORK, options).send();
    expect(staged).toEqual([]);
    expect((await fetchEncodedAccount(client.rpc, key)).exists).toBe(false);
  });

  test("refuses the faucet, which balances everything", async () => {
    expect(await codeOf(dev.surfnet_setAccount(address(network.faucet.address), { lamports: 1n }).send())).toBe(-32602);
  });

  test("refuses a program that every instance carries", async () => {
    expect(await codeOf(dev.surfnet_setAccount(TOKEN_PROGRAM_ADDRESS, { lamports: 2_000_000n }).send())).toBe(-32602);
  });
});

describe("surfnet_setTokenAccount", () => {
  async function newMint(programAddress: Address = TOKEN_PROGRAM_ADDRESS): Promise<Address> {
    const wallet = await client.funded();
    const mint = await generateKeyPairSigner();
    const space = getMintSize();
    const lamports = await client.rpc.getMinimumBalanceForRentExemption(BigInt(space)).send();
    await client.send(wallet, [
      getCreateAccountInstruction({
        payer: wallet,
        newAccount: mint,
        lamports,
        space,
        programAddress,
      }),
      getInitializeMint2Instruction(
        { mint: mint.address, decimals: 6, mintAuthority: wallet.address },
        { programAddress },
      ),
    ]);
    return mint.address;
  }
  const ata = async (owner: Address, mint: Address) =>
    (await findAssociatedTokenPda({ owner, mint, tokenProgram: TOKEN_PROGRAM_ADDRESS }))[0];

  test("a balance out of nothing can be spent", async () => {
    const mint = await newMint();
    const [from, to] = [await client.funded(), await newAddress()];
    await dev.surfnet_setTokenAccount(from.address, mint, { amount: 1_000n }).send();
    await dev.surfnet_setTokenAccount(to, mint, { amount: 5n, delegate: from.address, delegatedAmount: 3n }).send();
    const [source, destination] = [await ata(from.address, mint), await ata(to, mint)];
    await client.send(from, [getTransferInstruction({ source, destination, authority: from, amount: 400n })]);
    expect((await fetchToken(client.rpc, source)).data.amount).toBe(600n);
    const { data } = await fetchToken(client.rpc, destination);
    expect(data).toMatchObject({ amount: 405n, delegate: { value: from.address }, delegatedAmount: 3n, owner: to });
    await dev.surfnet_setTokenAccount(to, mint, { delegate: "null", state: "frozen" }).send();
    expect((await fetchToken(client.rpc, destination)).data).toMatchObject({
      amount: 405n,
      delegate: { __option: "None" },
      state: 2,
    });
  });

  test("wrapped SOL: its lamports are its tokens", async () => {
    const owner = await newAddress();
    await dev.surfnet_setTokenAccount(owner, WRAPPED_SOL, { amount: 3n * SOL }).send();
    const key = await ata(owner, WRAPPED_SOL);
    expect((await fetchToken(client.rpc, key)).data.amount).toBe(3n * SOL);
    expect((await account(key)).lamports).toBe(3n * SOL + 2_039_280n);
  });

  test("Token-2022: the account is one that the program takes", async () => {
    const mint = await newMint(TOKEN_2022);
    const [from, to] = [await client.funded(), await newAddress()];
    await dev.surfnet_setTokenAccount(from.address, mint, { amount: 1_000n }, TOKEN_2022).send();
    await dev.surfnet_setTokenAccount(to, mint, {}).send();
    const [source] = await findAssociatedTokenPda({ owner: from.address, mint, tokenProgram: TOKEN_2022 });
    const [destination] = await findAssociatedTokenPda({ owner: to, mint, tokenProgram: TOKEN_2022 });
    expect((await account(source)).data).toHaveLength(170);
    const transfer = getTransferCheckedInstruction(
      { source, mint, destination, authority: from, amount: 400n, decimals: 6 },
      { programAddress: TOKEN_2022 },
    );
    await client.send(from, [transfer]);
    const balance = async (key: Address) => (await client.rpc.getTokenAccountBalance(key).send()).value.amount;
    expect([await balance(source), await balance(destination)]).toEqual(["600", "400"]);
  });

  test("refuses what is no mint, and another token program than the mint's", async () => {
    const owner = await newAddress();
    expect(await codeOf(dev.surfnet_setTokenAccount(owner, owner, { amount: 1n }).send())).toBe(-32602);
    const other = address("TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb");
    expect(await codeOf(dev.surfnet_setTokenAccount(owner, WRAPPED_SOL, {}, other).send())).toBe(-32602);
    expect(await codeOf(dev.surfnet_setTokenAccount(owner, WRAPPED_SOL, { state: "molten" }).send())).toBe(-32602);
  });
});

describe("the clock", () => {
  test("a slot far ahead: what is skipped has no block, blockhashes and history stay", async () => {
    const wallet = await client.funded();
    const old = await client.signed(wallet, [
      getTransferSolInstruction({ source: wallet, destination: await newAddress(), amount: SOL }),
    ]);
    const height = await client.rpc.getBlockHeight().send();
    const before = await client.rpc.getSlot().send();
    const target = before + 1_234n;
    const info = await dev.surfnet_timeTravel({ absoluteSlot: target }).send();
    expect(info.absoluteSlot).toBeGreaterThanOrEqual(target);
    expect(info.blockHeight - height).toBeLessThan(200n);
    const slots = await client.rpc.getBlocks(before, target).send();
    expect(slots.at(-1)).toBe(target);
    const parent = slots.at(-2)!;
    expect(parent).toBeLessThan(target - 1_000n);
    const block = await client.rpc.getBlock(target, { maxSupportedTransactionVersion: 0 }).send();
    expect(block!.parentSlot).toBe(parent);
    expect(await codeOf(client.rpc.getBlock(target - 5n, { maxSupportedTransactionVersion: 0 }).send())).toBe(-32007);
    expect((await client.rpc.getBlocksWithLimit(parent, 2).send()).map(Number)).toEqual([
      Number(parent),
      Number(target),
    ]);
    // Signed before, and sent once only.
    await client.sendAndConfirm(old, { commitment: "confirmed" });
    await pay();
    await network.restart();
    await pay();
    expect(await client.rpc.getSlot().send()).toBeGreaterThan(target);
    expect((await clockSysvar()).slot).toBeGreaterThan(target);
  });

  test("an epoch: it begins with the block that has its first slot", async () => {
    const { epoch } = await clockSysvar();
    const info = await dev.surfnet_timeTravel({ absoluteEpoch: epoch + 2n }).send();
    expect(info.epoch).toBe(epoch + 2n);
    const clock = await clockSysvar();
    expect(clock.epoch).toBe(epoch + 2n);
    expect(clock.epochStart).toBe((await client.rpc.getBlockTime((epoch + 2n) * EPOCH).send()) as bigint);
    await pay();
    await network.restart();
    expect((await clockSysvar()).epochStart).toBe(clock.epochStart);
    expect((await client.rpc.getEpochInfo().send()).epoch).toBe(epoch + 2n);
  });

  test("a time ahead, in milliseconds; without one, an hour; kept over a restart", async () => {
    const start = (await clockSysvar()).time;
    const target = start + 1_000_000n;
    await dev.surfnet_timeTravel({ absoluteTimestamp: target * 1_000n }).send();
    expect((await clockSysvar()).time - target).toBeLessThan(30n);
    expect((await clockSysvar()).time).toBeGreaterThanOrEqual(target);
    await dev.surfnet_timeTravel().send();
    const later = (await clockSysvar()).time;
    expect(later).toBeGreaterThanOrEqual(target + 3_600n);
    await network.restart();
    expect((await clockSysvar()).time).toBeGreaterThanOrEqual(later);
    await pay();
  });

  test("paused, neither time nor slots go on by themselves, but transactions are executed; then it goes on from there", async () => {
    const info = await dev.surfnet_pauseClock().send();
    const { time } = await clockSysvar();
    await sleep(1_500);
    expect((await clockSysvar()).time).toBe(time);
    expect((await client.rpc.getSlot().send()) - info.absoluteSlot).toBeLessThan(3n);
    await pay();
    expect((await clockSysvar()).time).toBe(time);
    await dev.surfnet_timeTravel({ absoluteTimestamp: (time + 50n) * 1_000n }).send();
    expect((await clockSysvar()).time).toBe(time + 50n);
    await network.restart();
    expect((await clockSysvar()).time).toBe(time + 50n);
    await dev.surfnet_resumeClock().send();
    await sleep(2_200);
    const resumed = (await clockSysvar()).time;
    expect(resumed).toBeGreaterThan(time + 50n);
    expect(resumed).toBeLessThan(time + 80n);
  });

  test("never back: slots, epochs and times that have passed are refused", async () => {
    const { slot, epoch, time } = await clockSysvar();
    for (const target of [
      { absoluteSlot: slot - 2n },
      { absoluteEpoch: epoch },
      { absoluteTimestamp: (time - 100n) * 1_000n },
      { absoluteSlot: 1n << 60n },
      { absoluteSlot: 1n, absoluteEpoch: 1n },
      { relativeSlot: 1n },
    ] as Record<string, bigint>[]) {
      expect(await codeOf(dev.surfnet_timeTravel(target).send())).toBe(-32602);
    }
  });
});

describe("parameters", () => {
  test("integers come as digits too, as far as 64 bits go", async () => {
    const key = await newAddress();
    await dev.surfnet_setAccount(key, { lamports: "18014398509481985", rentEpoch: "18446744073709551615" }).send();
    expect(await client.balance(key)).toBe(18_014_398_509_481_985n);
    for (const lamports of ["18446744073709551616", "1.5", "-1", "", "0x10", true]) {
      expect(await codeOf(dev.surfnet_setAccount(key, { lamports }).send())).toBe(-32602);
    }
    expect(await client.balance(key)).toBe(18_014_398_509_481_985n);
  });

  test("a member that does not exist is refused, not overlooked", async () => {
    const key = await newAddress();
    expect(await codeOf(dev.surfnet_setAccount(key, { lamport: 1 }).send())).toBe(-32602);
    expect(await codeOf(dev.surfnet_setTokenAccount(key, WRAPPED_SOL, { balance: 1 }).send())).toBe(-32602);
  });
});

describe("surfnet_profileTransaction", () => {
  test("compute units by instruction and by call add up to the transaction's", async () => {
    const wallet = await client.funded();
    const mint = WRAPPED_SOL;
    const owner = await newAddress();
    const [account] = await findAssociatedTokenPda({ owner, mint, tokenProgram: TOKEN_PROGRAM_ADDRESS });
    const { getCreateAssociatedTokenIdempotentInstruction } = await import("@solana-program/token");
    const transaction = await client.signed(wallet, [
      getTransferSolInstruction({ source: wallet, destination: owner, amount: SOL }),
      getCreateAssociatedTokenIdempotentInstruction({ payer: wallet, ata: account, owner, mint }),
    ]);
    const wire = getBase64EncodedWireTransaction(transaction);
    const { value } = await dev.surfnet_profileTransaction(wire).send();
    const [transfer, create] = value.instructionProfiles!;
    expect(transfer).toMatchObject({
      computeUnitsConsumed: 150n,
      errorMessage: null,
      frame: { stackHeight: 1n, calls: [] },
    });
    expect(create!.frame.calls.length).toBeGreaterThan(2);
    const sum = (frame: Frame): bigint => frame.calls.reduce((total, call) => total + sum(call), frame.computeUnitsOwn);
    expect(sum(create!.frame)).toBe(create!.computeUnitsConsumed);
    expect(transfer!.computeUnitsConsumed + create!.computeUnitsConsumed).toBe(
      value.transactionProfile.computeUnitsConsumed,
    );
    expect(create!.logMessages[0]).toMatch(/ invoke \[1\]$/);
    const states = value.transactionProfile.accountStates;
    expect(states[account]).toMatchObject({ type: "writable", accountChange: { type: "create" } });
    expect(states[wallet.address]).toMatchObject({ type: "writable", accountChange: { type: "update" } });
    expect(states[mint]).toEqual({ type: "readonly" });
    expect((await fetchEncodedAccount(client.rpc, account)).exists).toBe(false);
    const short = await dev
      .surfnet_profileTransaction(wire, "tag", { depth: "transaction", encoding: "jsonParsed" })
      .send();
    expect(short.value.instructionProfiles).toBeUndefined();
  });

  test("of one that fails: up to the instruction that does, with its error", async () => {
    const wallet = await client.funded(SOL);
    const to = await newAddress();
    const transaction = await client.signed(wallet, [
      getTransferSolInstruction({ source: wallet, destination: to, amount: 1_000_000n }),
      getTransferSolInstruction({ source: wallet, destination: to, amount: 9n * SOL }),
      getTransferSolInstruction({ source: wallet, destination: to, amount: 2_000_000n }),
    ]);
    const { value } = await dev.surfnet_profileTransaction(getBase64EncodedWireTransaction(transaction)).send();
    expect(value.instructionProfiles!.map(({ errorMessage }) => errorMessage === null)).toEqual([true, false]);
    expect(value.transactionProfile.errorMessage).toContain("custom program error: 0x1");
  });
});
