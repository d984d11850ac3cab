/** The methods that explorers, the CLI and monitors call beside the ordinary ones, through published clients on a running network. */
import {
  type Address,
  address,
  createSolanaRpcSubscriptions_UNSTABLE,
  generateKeyPairSigner,
  type KeyPairSigner,
  type Signature,
} from "@solana/kit";
import { Connection, PublicKey } from "@solana/web3.js";
import { getTransferSolInstruction } from "@solana-program/system";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Network, startNetwork } from "../../../infra/network/index.ts";
import { type KitClient, kitClient, SOL } from "./kit-client.ts";

let network: Network;
let client: KitClient;
let payer: KeyPairSigner;
let to: Address;
let signatures: Signature[];

beforeAll(async () => {
  network = await startNetwork({ shards: 2, slotMs: 20 });
  client = kitClient(network);
  payer = await client.funded(100n * SOL);
  to = (await generateKeyPairSigner()).address;
  signatures = [];
  for (let i = 1n; i <= 3n; i++) {
    signatures.push(
      await client.send(payer, [getTransferSolInstruction({ source: payer, destination: to, amount: i * SOL })]),
    );
  }
});
afterAll(() => network?.stop());

describe("@solana/kit", () => {
  test("leaders and production", async () => {
    const { rpc } = client;
    const { identity } = await rpc.getIdentity().send();
    // Kit takes many seconds for the 432,000 numbers of a whole schedule: web3.js has it below.
    expect(await rpc.getLeaderSchedule(null, { identity: payer.address }).send()).toEqual({});
    const production = await rpc.getBlockProduction({ identity }).send();
    const { firstSlot, lastSlot } = production.value.range;
    expect(firstSlot).toBe(0n);
    expect(production.value.byIdentity).toEqual({ [identity]: [lastSlot! + 1n, lastSlot! + 1n] });
  });

  test("the newest slot, the node, certificates", async () => {
    const { rpc } = client;
    const slot = await rpc.getSlot().send();
    expect(await rpc.getMaxRetransmitSlot().send()).toBeGreaterThanOrEqual(slot);
    expect(await rpc.getMaxShredInsertSlot().send()).toBeGreaterThanOrEqual(slot);
    expect(await rpc.getAgGenesisCert().send()).toBeNull();
    const [node] = await rpc.getClusterNodes().send();
    expect(node).toMatchObject({ clientId: "InfiniSVM", version: "4.3.0" });
  });

  test("the minimum delegation that the Stake program of the genesis demands", async () => {
    expect((await client.rpc.getStakeMinimumDelegation().send()).value).toBeGreaterThan(0n);
  });

  test("the largest accounts, over all shards", async () => {
    const { value } = await client.rpc.getLargestAccounts().send();
    expect(value.length).toBeGreaterThan(2);
    expect(value[0]!.lamports).toBeGreaterThan(value[1]!.lamports);
    const { value: most } = await client.rpc.getBalance(value[0]!.address).send();
    expect(most).toBeLessThanOrEqual(value[0]!.lamports);
  });

  test("samples and fees of the transfers", async () => {
    const samples = await client.rpc.getRecentPerformanceSamples(720).send();
    expect(samples.length).toBeGreaterThanOrEqual(1);
    expect(samples.at(-1)!.numTransactions).toBeGreaterThanOrEqual(1n);
    const fees = await client.rpc.getRecentPrioritizationFees([to]).send();
    expect(fees.length).toBeGreaterThanOrEqual(4);
    expect(new Set(fees.map((fee) => fee.prioritizationFee))).toEqual(new Set([0n]));
  });

  test("getTransactionsForAddress, page by page and whole", async () => {
    const { rpc } = client;
    const first = await rpc.getTransactionsForAddress(to, { limit: 2, sortOrder: "asc" }).send();
    expect(first.data.map((one) => one.signature)).toEqual(signatures.slice(0, 2));
    const paginationToken = first.paginationToken!;
    const rest = await rpc.getTransactionsForAddress(to, { sortOrder: "asc", paginationToken }).send();
    expect(rest.data.map((one) => one.signature)).toEqual(signatures.slice(2));
    expect(rest.paginationToken).toBeNull();
    const full = await rpc
      .getTransactionsForAddress(to, {
        transactionDetails: "full",
        encoding: "jsonParsed",
        maxSupportedTransactionVersion: 0,
        filters: { status: "succeeded", slot: { lte: first.data[0]!.slot } },
      })
      .send();
    expect(full.data.map((one) => one.transaction.signatures[0])).toEqual([signatures[0]]);
  });

  test("blocks and steps of slots over the socket", async () => {
    const abort = new AbortController();
    const rpcSubscriptions = createSolanaRpcSubscriptions_UNSTABLE(network.wsUrl);
    const options = { abortSignal: abort.signal };
    const blocks = await rpcSubscriptions
      .blockNotifications(
        { mentionsAccountOrProgram: to },
        { transactionDetails: "signatures", showRewards: false, commitment: "confirmed" },
      )
      .subscribe(options);
    const updates = await rpcSubscriptions.slotsUpdatesNotifications().subscribe(options);
    await rpcSubscriptions.voteNotifications().subscribe(options);
    const [block, update] = [blocks, updates].map((one) => one[Symbol.asyncIterator]().next());
    // An amount of its own: the same blockhash may still be the newest one, and a message lands once.
    const amount = SOL + 7n;
    const sent = await client.send(payer, [getTransferSolInstruction({ source: payer, destination: to, amount })]);
    expect((await block!).value).toMatchObject({ value: { err: null, block: { signatures: [sent] } } });
    expect((await update!).value).toMatchObject({ type: "firstShredReceived" });
    abort.abort();
  });
});

describe("@solana/web3.js", () => {
  test("what it validates member by member", async () => {
    const connection = new Connection(network.rpcUrl, "confirmed");
    const { value } = await connection.getBlockProduction();
    expect(Object.values(value.byIdentity)).toHaveLength(1);
    expect(Object.keys(await connection.getLeaderSchedule())).toHaveLength(1);
    expect((await connection.getRecentPerformanceSamples(1)).length).toBe(1);
    expect((await connection.getLargestAccounts()).value.length).toBeGreaterThan(2);
    expect(await connection.getVoteAccounts()).toEqual({ current: [], delinquent: [] });
    expect((await connection.getStakeMinimumDelegation()).value).toBeGreaterThan(0);
    await expect(connection.getInflationReward([new PublicKey(address(to))])).rejects.toThrow("Block not available");
    expect(await connection.getClusterNodes()).toHaveLength(1);
  });

  test("onSlotUpdate tells of slots", async () => {
    const connection = new Connection(network.rpcUrl, { commitment: "confirmed", wsEndpoint: network.wsUrl });
    const types = new Set<string>();
    const seen = new Promise<void>((resolve) => {
      connection.onSlotUpdate((update) => {
        types.add(update.type);
        if (types.size === 6) resolve();
      });
    });
    await seen;
    expect([...types].sort()).toEqual([
      "completed",
      "createdBank",
      "firstShredReceived",
      "frozen",
      "optimisticConfirmation",
      "root",
    ]);
    (connection as unknown as { _rpcWebSocket: { close(): void } })._rpcWebSocket.close();
  });
});
