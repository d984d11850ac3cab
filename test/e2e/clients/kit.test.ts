/** @solana/kit as published, against a running network. */
import {
  type Address,
  address,
  appendTransactionMessageInstruction,
  assertIsSendableTransaction,
  assertIsTransactionWithDurableNonceLifetime,
  createTransactionMessage,
  fetchAddressesForLookupTables,
  generateKeyPairSigner,
  getBase64EncodedWireTransaction,
  getSignatureFromTransaction,
  isSolanaError,
  type KeyPairSigner,
  type Nonce,
  pipe,
  SOLANA_ERROR__INSTRUCTION_ERROR__CUSTOM,
  SOLANA_ERROR__JSON_RPC__INVALID_PARAMS,
  SOLANA_ERROR__JSON_RPC__METHOD_NOT_FOUND,
  SOLANA_ERROR__JSON_RPC__SERVER_ERROR_BLOCK_NOT_AVAILABLE,
  SOLANA_ERROR__JSON_RPC__SERVER_ERROR_MIN_CONTEXT_SLOT_NOT_REACHED,
  SOLANA_ERROR__JSON_RPC__SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE,
  SOLANA_ERROR__JSON_RPC__SERVER_ERROR_UNSUPPORTED_TRANSACTION_VERSION,
  SOLANA_ERROR__TRANSACTION_ERROR__ALREADY_PROCESSED,
  type SolanaErrorCode,
  sendAndConfirmDurableNonceTransactionFactory,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingDurableNonce,
  signTransactionMessageWithSigners,
} from "@solana/kit";
import {
  fetchAddressLookupTable,
  findAddressLookupTablePda,
  getCreateLookupTableInstruction,
  getExtendLookupTableInstruction,
} from "@solana-program/address-lookup-table";
import {
  fetchNonce,
  getCreateAccountInstruction,
  getInitializeNonceAccountInstruction,
  getNonceSize,
  getTransferSolInstruction,
  SYSTEM_PROGRAM_ADDRESS,
} from "@solana-program/system";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Network, startNetwork } from "../../../infra/network/index.ts";
import { FEE, type KitClient, kitClient, rejection, SOL } from "./kit-client.ts";

let network: Network;
let client: KitClient;
let payer: KeyPairSigner;

beforeAll(async () => {
  network = await startNetwork({ slotMs: 20 });
  client = kitClient(network);
  payer = await client.funded(1_000n * SOL);
});
afterAll(() => network?.stop());

const transfer = (source: KeyPairSigner, destination: Address, amount: bigint) =>
  getTransferSolInstruction({ source, destination, amount });
const fresh = async () => (await generateKeyPairSigner()).address;

async function failsWith(promise: Promise<unknown>, code: SolanaErrorCode) {
  const error = await rejection(promise);
  if (!isSolanaError(error, code)) throw error;
  return error as Error & { context: Record<string, unknown>; cause?: unknown };
}

describe("sending", () => {
  test("airdrops by airdropFactory", async () => {
    expect(await client.balance((await client.funded(123_456_789n)).address)).toBe(123_456_789n);
  });

  test("sendAndConfirmTransactionFactory: the transfer is there, its status is final", async () => {
    const from = await client.funded(3n * SOL);
    const to = await fresh();
    const signature = await client.send(from, [transfer(from, to, 2n * SOL)]);
    expect(await client.balance(from.address)).toBe(SOL - FEE);
    expect(await client.balance(to)).toBe(2n * SOL);
    const { value } = await client.rpc.getSignatureStatuses([signature]).send();
    expect(value).toEqual([
      {
        slot: expect.any(BigInt),
        confirmations: null,
        err: null,
        status: { Ok: null },
        confirmationStatus: "finalized",
      },
    ]);
  });

  test("100 transfers in parallel all land, once", async () => {
    const to = await Promise.all(Array.from({ length: 100 }, fresh));
    const before = await client.balance(payer.address);
    await Promise.all(to.map((one) => client.send(payer, [transfer(payer, one, 1_000_000n)])));
    expect(await Promise.all(to.map(client.balance))).toEqual(to.map(() => 1_000_000n));
    expect(await client.balance(payer.address)).toBe(before - 100n * (1_000_000n + FEE));
  });

  test("a preflight failure has the instruction error, the logs and the units", async () => {
    const poor = await client.funded(SOL);
    const failure = await failsWith(
      client.send(poor, [transfer(poor, await fresh(), 2n * SOL)]),
      SOLANA_ERROR__JSON_RPC__SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE,
    );
    expect(isSolanaError(failure.cause, SOLANA_ERROR__INSTRUCTION_ERROR__CUSTOM)).toBe(true);
    expect(failure.cause).toMatchObject({ context: { code: 1, index: 0 } });
    expect(failure.context).toMatchObject({
      logs: [
        "Program 11111111111111111111111111111111 invoke [1]",
        `Transfer: insufficient lamports ${SOL - FEE}, need ${2n * SOL}`,
        "Program 11111111111111111111111111111111 failed: custom program error: 0x1",
      ],
      unitsConsumed: 150n,
      accounts: null,
    });
    expect(await client.balance(poor.address)).toBe(SOL);
  });

  test("without preflight the error comes from the chain, and costs the fee", async () => {
    const poor = await client.funded(SOL);
    const transaction = await client.signed(poor, [transfer(poor, await fresh(), 2n * SOL)]);
    const sent = client.sendAndConfirm(transaction, { commitment: "confirmed", skipPreflight: true });
    const failure = await failsWith(sent, SOLANA_ERROR__INSTRUCTION_ERROR__CUSTOM);
    expect(failure.context).toMatchObject({ code: 1, index: 0 });
    expect(await client.balance(poor.address)).toBe(SOL - FEE);
  });

  test("the same transaction a second time", async () => {
    const transaction = await client.signed(payer, [transfer(payer, await fresh(), SOL)]);
    await client.sendAndConfirm(transaction, { commitment: "confirmed" });
    const wire = getBase64EncodedWireTransaction(transaction);
    const failure = await failsWith(
      client.rpc.sendTransaction(wire, { encoding: "base64" }).send(),
      SOLANA_ERROR__JSON_RPC__SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE,
    );
    expect(isSolanaError(failure.cause, SOLANA_ERROR__TRANSACTION_ERROR__ALREADY_PROCESSED)).toBe(true);
  });
});

describe("durable nonces", () => {
  async function nonceAccount(): Promise<Address> {
    const account = await generateKeyPairSigner();
    const space = BigInt(getNonceSize());
    const rent = await client.rpc.getMinimumBalanceForRentExemption(space).send();
    await client.send(payer, [
      getCreateAccountInstruction({
        payer,
        newAccount: account,
        lamports: rent,
        space,
        programAddress: SYSTEM_PROGRAM_ADDRESS,
      }),
      getInitializeNonceAccountInstruction({ nonceAccount: account.address, nonceAuthority: payer.address }),
    ]);
    return account.address;
  }

  async function durable(nonceAccountAddress: Address, to: Address) {
    const { data } = await fetchNonce(client.rpc, nonceAccountAddress);
    const message = pipe(
      createTransactionMessage({ version: 0 }),
      (m) => setTransactionMessageFeePayerSigner(payer, m),
      (m) =>
        setTransactionMessageLifetimeUsingDurableNonce(
          { nonce: data.blockhash as string as Nonce, nonceAccountAddress, nonceAuthorityAddress: payer.address },
          m,
        ),
      (m) => appendTransactionMessageInstruction(transfer(payer, to, SOL), m),
    );
    const transaction = await signTransactionMessageWithSigners(message);
    assertIsSendableTransaction(transaction);
    assertIsTransactionWithDurableNonceLifetime(transaction);
    return transaction;
  }

  test("sendAndConfirmDurableNonceTransactionFactory", async () => {
    const account = await nonceAccount();
    const before = await fetchNonce(client.rpc, account);
    expect(before.data).toMatchObject({ authority: payer.address, lamportsPerSignature: FEE });
    const to = await fresh();
    const send = sendAndConfirmDurableNonceTransactionFactory(client);
    await send(await durable(account, to), { commitment: "confirmed" });
    expect(await client.balance(to)).toBe(SOL);
    expect((await fetchNonce(client.rpc, account)).data.blockhash).not.toBe(before.data.blockhash);
  });

  test("one of two transactions with the same nonce lands", async () => {
    const account = await nonceAccount();
    const [a, b] = [await fresh(), await fresh()];
    const send = sendAndConfirmDurableNonceTransactionFactory(client);
    const both = [await durable(account, a), await durable(account, b)];
    const outcomes = await Promise.allSettled(both.map((one) => send(one, { commitment: "confirmed" })));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect((await client.balance(a)) + (await client.balance(b))).toBe(SOL);
  });
});

test("a lookup table: created, extended, used by a v0 transaction from the next slot", async () => {
  const recentSlot = await client.rpc.getSlot({ commitment: "finalized" }).send();
  const table = await findAddressLookupTablePda({ authority: payer.address, recentSlot });
  const addresses = await Promise.all(Array.from({ length: 25 }, fresh));
  const [first, ...rest] = [addresses.slice(0, 13), addresses.slice(13)];
  const extend = (some: Address[]) =>
    getExtendLookupTableInstruction({ address: table[0], authority: payer, payer, addresses: some });
  const create = getCreateLookupTableInstruction({ address: table, authority: payer.address, payer, recentSlot });
  await client.send(payer, [create, extend(first!)]);
  await client.send(payer, rest.map(extend));
  const account = await fetchAddressLookupTable(client.rpc, table[0]);
  expect(account.data).toMatchObject({ addresses, authority: { __option: "Some", value: payer.address } });
  expect(account.data.deactivationSlot).toBe(18_446_744_073_709_551_615n);

  const extended = await client.rpc.getSlot().send();
  while ((await client.rpc.getSlot().send()) === extended);
  const tables = await fetchAddressesForLookupTables([table[0]], client.rpc);
  const signature = await client.send(
    payer,
    addresses.map((to) => transfer(payer, to, 1_000_000n)),
    tables,
  );
  expect(await Promise.all(addresses.map(client.balance))).toEqual(addresses.map(() => 1_000_000n));
  const stored = await client.rpc
    .getTransaction(signature, { maxSupportedTransactionVersion: 0, encoding: "json" })
    .send();
  const { writable, readonly } = stored!.meta!.loadedAddresses!;
  // kit puts a message's addresses into an order of its own.
  expect([[...writable].sort(), readonly]).toEqual([[...addresses].sort(), []]);
  expect(stored!.transaction.message.accountKeys).toEqual([payer.address, SYSTEM_PROGRAM_ADDRESS]);
  await failsWith(
    client.rpc.getTransaction(signature, { encoding: "json" }).send(),
    SOLANA_ERROR__JSON_RPC__SERVER_ERROR_UNSUPPORTED_TRANSACTION_VERSION,
  );
});

test("simulateTransaction: accounts afterwards, units, replaced blockhash; nothing changes", async () => {
  const to = await fresh();
  const wire = getBase64EncodedWireTransaction(await client.signed(payer, [transfer(payer, to, SOL)]));
  const before = await client.rpc.getBlockHeight().send();
  const { value } = await client.rpc
    .simulateTransaction(wire, {
      encoding: "base64",
      replaceRecentBlockhash: true,
      innerInstructions: true,
      accounts: { encoding: "base64", addresses: [to] },
    })
    .send();
  expect(value).toMatchObject({
    err: null,
    unitsConsumed: 150n,
    accounts: [{ lamports: SOL, owner: SYSTEM_PROGRAM_ADDRESS, data: ["", "base64"], space: 0n }],
    innerInstructions: [],
    returnData: null,
  });
  const lastValid = value.replacementBlockhash!.lastValidBlockHeight;
  expect(lastValid).toBeGreaterThanOrEqual(before + 150n);
  expect(lastValid).toBeLessThanOrEqual((await client.rpc.getBlockHeight().send()) + 150n);
  expect(await client.balance(to)).toBe(0n);
  const tampered = Buffer.from(wire, "base64");
  tampered[1]! ^= 1;
  const unverified = await client.rpc
    .simulateTransaction(tampered.toString("base64") as typeof wire, { encoding: "base64", sigVerify: true })
    .send();
  expect(unverified.value.err).toBe("SignatureFailure");
});

describe("errors", () => {
  test("minContextSlot that is not reached, with the slot that is", async () => {
    const slot = await client.rpc.getSlot().send();
    const minContextSlot = slot + 1_000_000n;
    const transaction = await client.signed(payer, [transfer(payer, await fresh(), SOL)]);
    for (const promise of [
      client.rpc.getSlot({ minContextSlot }).send(),
      client.rpc.getBalance(payer.address, { minContextSlot }).send(),
      client.rpc.getAccountInfo(payer.address, { minContextSlot, encoding: "base64" }).send(),
      client.rpc
        .sendTransaction(getBase64EncodedWireTransaction(transaction), { encoding: "base64", minContextSlot })
        .send(),
    ]) {
      const { context } = await failsWith(promise, SOLANA_ERROR__JSON_RPC__SERVER_ERROR_MIN_CONTEXT_SLOT_NOT_REACHED);
      expect(context.contextSlot).toBeGreaterThanOrEqual(slot);
      expect(context.contextSlot).toBeLessThan(minContextSlot);
    }
    const reached = await client.rpc.getBalance(payer.address, { minContextSlot: slot }).send();
    expect(reached.context.slot).toBeGreaterThanOrEqual(slot);
  });

  test("a block that is not there yet, a bad address, a method that is not served", async () => {
    const { rpc } = client;
    await failsWith(rpc.getBlock(10n ** 9n).send(), SOLANA_ERROR__JSON_RPC__SERVER_ERROR_BLOCK_NOT_AVAILABLE);
    await failsWith(rpc.getBalance("nonsense" as Address).send(), SOLANA_ERROR__JSON_RPC__INVALID_PARAMS);
    const other = rpc as unknown as { getNoSuchThing(): { send(): Promise<unknown> } };
    const missing = await failsWith(other.getNoSuchThing().send(), SOLANA_ERROR__JSON_RPC__METHOD_NOT_FOUND);
    expect(missing.message).toContain("getNoSuchThing");
    const nothing = await rpc
      .getAccountInfo(address("11111111111111111111111111111112"), { encoding: "base64" })
      .send();
    expect(nothing.value).toBeNull();
  });

  test("all calls of a transaction that never was sent say so", async () => {
    const signature = getSignatureFromTransaction(await client.signed(payer, []));
    expect((await client.rpc.getSignatureStatuses([signature]).send()).value).toEqual([null]);
    expect(await client.rpc.getTransaction(signature, { encoding: "json" }).send()).toBeNull();
  });
});
