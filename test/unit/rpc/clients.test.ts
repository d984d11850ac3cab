/** The published clients, unmodified, on top of the RPC: what they send is understood and what comes back is decoded. */
import {
  address,
  appendTransactionMessageInstruction,
  compileTransaction,
  createSolanaRpcFromTransport,
  createTransactionMessage,
  generateKeyPairSigner,
  getBase64EncodedWireTransaction,
  getSignatureFromTransaction,
  isSolanaError,
  lamports,
  pipe,
  type RpcTransport,
  SOLANA_ERROR__JSON_RPC__METHOD_NOT_FOUND,
  SOLANA_ERROR__JSON_RPC__SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
} from "@solana/kit";
import { Keypair, SendTransactionError } from "@solana/web3.js";
import { getTransferSolInstruction } from "@solana-program/system";
import { beforeEach, describe, expect, test } from "vitest";
import { parse as parseJson } from "../../../shared/rpc/json.ts";
import { Fixture } from "./fixture.ts";

let f: Fixture;
beforeEach(() => {
  f = new Fixture();
});

/** As kit's own HTTP transport: integers as bigints both ways. */
function bigints(value: unknown): unknown {
  if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
  if (Array.isArray(value)) return value.map(bigints);
  if (typeof value === "object" && value !== null && !(value instanceof Uint8Array)) {
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, bigints(member)]));
  }
  return value;
}

function kit() {
  const transport: RpcTransport = async ({ payload }) => {
    const body = JSON.stringify(payload, (_, value) => (typeof value === "bigint" ? Number(value) : value));
    const { body: answer } = await f.rpc.handle(new TextEncoder().encode(body));
    return bigints(parseJson(answer)) as never;
  };
  return createSolanaRpcFromTransport(transport);
}

describe("@solana/kit", () => {
  async function transfer(amount: bigint) {
    const rpc = kit();
    const from = await generateKeyPairSigner();
    const to = await generateKeyPairSigner();
    await rpc.requestAirdrop(from.address, lamports(1_000_000_000n)).send();
    const { value: blockhash } = await rpc.getLatestBlockhash().send();
    const message = pipe(
      createTransactionMessage({ version: 0 }),
      (m) => setTransactionMessageFeePayerSigner(from, m),
      (m) => setTransactionMessageLifetimeUsingBlockhash(blockhash, m),
      (m) =>
        appendTransactionMessageInstruction(
          getTransferSolInstruction({ source: from, destination: to.address, amount }),
          m,
        ),
    );
    return { rpc, from, to, message };
  }

  test("sends, finds and reads", async () => {
    const { rpc, from, to, message } = await transfer(5_000_000n);
    expect(
      (
        await rpc
          .getFeeForMessage(Buffer.from(compileTransaction(message).messageBytes).toString("base64") as never)
          .send()
      ).value,
    ).toBe(5000n);
    const signed = await signTransactionMessageWithSigners(message);
    const wire = getBase64EncodedWireTransaction(signed);
    const signature = await rpc.sendTransaction(wire, { encoding: "base64" }).send();
    expect(signature).toBe(getSignatureFromTransaction(signed));
    expect((await rpc.getBalance(to.address).send()).value).toBe(5_000_000n);
    const { value: statuses } = await rpc.getSignatureStatuses([signature]).send();
    expect(statuses[0]).toMatchObject({ err: null, confirmationStatus: "finalized", slot: 2n });
    const stored = await rpc
      .getTransaction(signature, { maxSupportedTransactionVersion: 0, encoding: "jsonParsed" })
      .send();
    expect(stored?.meta?.fee).toBe(5000n);
    const info = await rpc.getAccountInfo(from.address, { encoding: "base64" }).send();
    expect((info.value as unknown as { rentEpoch: bigint }).rentEpoch).toBe(18_446_744_073_709_551_615n);
    const block = await rpc.getBlock(2n, { maxSupportedTransactionVersion: 0 }).send();
    expect(block?.transactions).toHaveLength(1);
    expect((await rpc.getSignaturesForAddress(to.address).send())[0]?.signature).toBe(signature);
    const epoch = await rpc.getEpochInfo().send();
    expect(epoch.absoluteSlot).toBe(2n);
    const multiple = await rpc
      .getMultipleAccounts([to.address, address("SysvarC1ock11111111111111111111111111111111")], { encoding: "base64" })
      .send();
    expect(multiple.value.map((one) => one?.space)).toEqual([0n, 40n]);
    expect(await rpc.getProgramAccounts(address("AddressLookupTab1e1111111111111111111111111")).send()).toEqual([]);
    expect(await rpc.getSlot().send()).toBe(2n);
    expect(await rpc.getSupply().send()).toHaveProperty("value.circulating");
    expect(await rpc.getVersion().send()).toHaveProperty("solana-core");
    expect(await rpc.getRecentPrioritizationFees().send()).toHaveLength(2);
    expect(await rpc.getMinimumBalanceForRentExemption(165n).send()).toBe(2_039_280n);
  });

  test("knows the errors", async () => {
    const { rpc, message } = await transfer(5_000_000_000n);
    const wire = getBase64EncodedWireTransaction(await signTransactionMessageWithSigners(message));
    const failed = await rpc
      .sendTransaction(wire, { encoding: "base64" })
      .send()
      .catch((error) => error);
    expect(isSolanaError(failed, SOLANA_ERROR__JSON_RPC__SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE)).toBe(true);
    expect(failed.context.logs).toHaveLength(3);
    expect(failed.cause.message).toMatch(/custom program error: #1/i);
    const simulated = await rpc.simulateTransaction(wire, { encoding: "base64" }).send();
    expect(simulated.value.err).toEqual({ InstructionError: [0n, { Custom: 1n }] });
    const old = rpc as unknown as { getStorageTurn(): { send(): Promise<never> } };
    const missing = await old
      .getStorageTurn()
      .send()
      .catch((error) => error);
    expect(isSolanaError(missing, SOLANA_ERROR__JSON_RPC__METHOD_NOT_FOUND)).toBe(true);
  });
});

describe("@solana/web3.js", () => {
  test("reads what it asks for", async () => {
    const payer = await f.funded();
    const to = Keypair.generate().publicKey;
    const signature = await f.connection.sendRawTransaction((await f.transfer(payer, to, 1_000_000)).serialize());
    const block = await f.connection.getBlock(2, { maxSupportedTransactionVersion: 0 });
    expect(block!.transactions[0]!.transaction.signatures).toEqual([signature]);
    expect((await f.connection.getParsedBlock(2, { maxSupportedTransactionVersion: 0 })).transactions).toHaveLength(1);
    expect((await f.connection.getBlock(2, { transactionDetails: "accounts" }))!.transactions).toHaveLength(1);
    expect((await f.connection.getBlockSignatures(2)).signatures).toEqual([signature]);
    expect(await f.connection.getBlocks(1, 2)).toEqual([1, 2]);
    expect(await f.connection.getBlockTime(2)).toBe(1_700_000_002);
    const [transaction, parsed] = await Promise.all([
      f.connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 }),
      f.connection.getParsedTransaction(signature, { maxSupportedTransactionVersion: 0 }),
    ]);
    expect(transaction!.meta!.computeUnitsConsumed).toBe(150);
    expect(parsed!.transaction.message.instructions[0]).toMatchObject({ program: "system" });
    expect(await f.connection.getTransactions([signature], { maxSupportedTransactionVersion: 0 })).toHaveLength(1);
    expect(await f.connection.getSignaturesForAddress(to)).toHaveLength(1);
    expect((await f.connection.getAccountInfo(to))!.lamports).toBe(1_000_000);
    expect((await f.connection.getMultipleAccountsInfo([to, payer.publicKey])).map((one) => one!.data.length)).toEqual([
      0, 0,
    ]);
    expect((await f.connection.getMultipleParsedAccounts([to])).value).toHaveLength(1);
    expect(await f.connection.getFirstAvailableBlock()).toBe(1);
    expect(await f.connection.getMinimumLedgerSlot()).toBe(1);
    expect(await f.connection.getStakeMinimumDelegation().catch((error) => error.message)).toContain("Internal error");
  });

  test("raises the errors it knows", async () => {
    const poor = await f.funded(1_000_000);
    const tx = await f.transfer(poor, poor.publicKey, 5_000_000);
    const failed = await f.connection.sendRawTransaction(tx.serialize()).catch((error) => error);
    expect(failed).toBeInstanceOf(SendTransactionError);
    expect(failed.transactionError.message).toContain("custom program error: 0x1");
    expect(await failed.getLogs(f.connection)).toHaveLength(3);
  });
});
