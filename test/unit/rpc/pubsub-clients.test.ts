/** Subscriptions of the published clients over real sockets. */
import {
  address,
  createSolanaRpc,
  createSolanaRpcSubscriptions,
  createSolanaRpcSubscriptions_UNSTABLE,
  signature as toSignature,
} from "@solana/kit";
import { Connection, Keypair, SystemProgram, sendAndConfirmTransaction, Transaction } from "@solana/web3.js";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { MAX_SUBSCRIPTIONS } from "../../../shared/rpc/subscriptions.ts";
import { Fixture } from "./fixture.ts";
import { type Served, serve } from "./serve.ts";

let f: Fixture;
let served: Served;
let connection: Connection;
let payer: Keypair;

beforeEach(async () => {
  f = new Fixture();
  served = await serve(f);
  connection = new Connection(served.http, { commitment: "confirmed", wsEndpoint: served.ws });
  payer = await f.funded();
});
afterEach(() => {
  // web3.js has no way to say that it is over; it would go on reconnecting.
  (connection as unknown as { _rpcWebSocket: { close(): void } })._rpcWebSocket.close();
  served.close();
});

/** Resolves when the server has so many subscriptions. */
async function subscribed(count: number): Promise<void> {
  while (served.driver.machine.count < count) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe("@solana/web3.js", () => {
  test("sendAndConfirmTransaction", async () => {
    const to = Keypair.generate().publicKey;
    const tx = new Transaction().add(
      SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: to, lamports: 1_000_000 }),
    );
    await sendAndConfirmTransaction(connection, tx, [payer]);
    expect(await connection.getBalance(to)).toBe(1_000_000);
  });

  test("confirmTransaction ends when the blockhash expires", async () => {
    const { blockhash, lastValidBlockHeight } = await connection.getLatestBlockhash();
    const tx = new Transaction({ blockhash, lastValidBlockHeight, feePayer: payer.publicKey }).add(
      SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: payer.publicKey, lamports: 1 }),
    );
    tx.sign(payer);
    const { encodeBase58 } = await import("../../../shared/rpc/base58.ts");
    const confirmed = connection.confirmTransaction({
      blockhash,
      lastValidBlockHeight,
      signature: encodeBase58(tx.signature!),
    });
    await subscribed(1);
    await f.backend.tick(160);
    await expect(confirmed).rejects.toThrow("block height exceeded");
  });

  test("onAccountChange, onLogs, onSignature, onProgramAccountChange, onSlotChange, onRootChange", async () => {
    const to = Keypair.generate().publicKey;
    const seen: Record<string, unknown> = {};
    const all = new Promise<void>((resolve) => {
      const saw = (what: string) => (value: unknown) => {
        seen[what] = value;
        if (Object.keys(seen).length === 6) resolve();
      };
      connection.onAccountChange(to, saw("account"));
      connection.onLogs(to, saw("logs"));
      connection.onProgramAccountChange(SystemProgram.programId, saw("program"));
      connection.onSlotChange(saw("slot"));
      connection.onRootChange(saw("root"));
      f.transfer(payer, to, 1_000_000).then(async (tx) => {
        const { encodeBase58 } = await import("../../../shared/rpc/base58.ts");
        connection.onSignature(encodeBase58(tx.signature!), saw("signature"));
        await subscribed(6);
        await f.connection.sendRawTransaction(tx.serialize());
      });
    });
    await all;
    expect(seen.account).toMatchObject({ lamports: 1_000_000 });
    expect(seen.logs).toMatchObject({ err: null });
    expect(seen.signature).toEqual({ err: null });
    expect(seen.slot).toEqual({ slot: 2, parent: 1, root: 2 });
    expect(seen.root).toBe(2);
    expect(seen.program).toHaveProperty("accountInfo.lamports");
  });
});

test("@solana/kit: signature, account and slot notifications", async () => {
  const rpc = createSolanaRpc(served.http as "http://x");
  const subscriptions = createSolanaRpcSubscriptions(served.ws as "ws://x");
  const abort = new AbortController();
  const to = Keypair.generate().publicKey;
  const tx = await f.transfer(payer, to, 1_000_000);
  const { encodeBase58 } = await import("../../../shared/rpc/base58.ts");
  const options = { abortSignal: abort.signal };
  const [signatures, accounts, slots] = await Promise.all([
    subscriptions
      .signatureNotifications(toSignature(encodeBase58(tx.signature!)), { commitment: "confirmed" })
      .subscribe(options),
    subscriptions.accountNotifications(address(to.toBase58()), { encoding: "base64" }).subscribe(options),
    subscriptions.slotNotifications().subscribe(options),
  ]);
  // An iterable keeps what comes from the moment somebody asks it.
  const first = async <T>(iterable: AsyncIterable<T>): Promise<T> => {
    for await (const value of iterable) return value;
    throw new Error("nothing came");
  };
  const came = Promise.all([first(signatures), first(accounts), first(slots)]);
  await rpc.sendTransaction(tx.serialize().toString("base64") as never, { encoding: "base64" }).send();
  const [signature, account, slot] = await came;
  expect(signature).toEqual({ context: { slot: 2n }, value: { err: null } });
  expect(account).toMatchObject({ context: { slot: 2n }, value: { lamports: 1_000_000n, space: 0n } });
  expect(slot).toEqual({ slot: 2n, parent: 1n, root: 2n });
  abort.abort();
});

describe("whole blocks and the steps of slots", () => {
  test("web3.js: onSlotUpdate", async () => {
    const types: string[] = [];
    const id = connection.onSlotUpdate((update) => void types.push(update.type));
    await subscribed(1);
    await f.backend.tick();
    while (types.length < 6) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(types).toEqual([
      "firstShredReceived",
      "createdBank",
      "completed",
      "frozen",
      "optimisticConfirmation",
      "root",
    ]);
    await connection.removeSlotUpdateListener(id);
  });

  test("kit: block, slots updates and vote notifications", async () => {
    const rpcSubscriptions = createSolanaRpcSubscriptions_UNSTABLE(served.ws);
    const abort = new AbortController();
    const options = { abortSignal: abort.signal };
    const blocks = await rpcSubscriptions
      .blockNotifications("all", { transactionDetails: "signatures", showRewards: false })
      .subscribe(options);
    const updates = await rpcSubscriptions.slotsUpdatesNotifications().subscribe(options);
    await rpcSubscriptions.voteNotifications().subscribe(options);
    expect(served.driver.machine.count).toBe(3);
    // An iterator hears of what comes once it is asked.
    const [block, update] = [blocks, updates].map((one) => one[Symbol.asyncIterator]().next());
    const to = Keypair.generate();
    await f.connection.sendRawTransaction((await f.transfer(payer, to.publicKey, 1_000_000)).serialize());
    expect((await block!).value).toMatchObject({
      context: { slot: 2n },
      value: { slot: 2n, err: null, block: { blockHeight: 2n, signatures: [expect.any(String)] } },
    });
    expect((await update!).value).toEqual({ type: "firstShredReceived", slot: 2n, timestamp: 1_700_000_002_000n });
    abort.abort();
  });
});

describe("a subscription that is refused", () => {
  /** The node is full. */
  beforeEach(() => {
    const full = Array.from({ length: MAX_SUBSCRIPTIONS }, (_, id) => ({
      id,
      method: "slotSubscribe",
      params: "null",
    }));
    served.driver.opened("full", full);
  });

  test("web3.js asks for it a few times, not thousands of times a second", async () => {
    const errors = vi.spyOn(console, "error").mockImplementation(() => {});
    const before = served.messages();
    connection.onSlotUpdate(() => {});
    connection.onSlotChange(() => {});
    while (errors.mock.calls.length < 4) await new Promise((resolve) => setTimeout(resolve, 5));
    // Each was refused at once, then after a second; the next answers come in two more.
    const started = performance.now();
    while (performance.now() - started < 1_500) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(served.messages() - before).toBeLessThanOrEqual(8);
    errors.mockRestore();
  });

  test("kit hears of it at once, and does not ask again", async () => {
    const rpcSubscriptions = createSolanaRpcSubscriptions(served.ws);
    const before = served.messages();
    const refused = rpcSubscriptions.slotNotifications().subscribe({ abortSignal: new AbortController().signal });
    await expect(refused).rejects.toThrow();
    expect(served.messages() - before).toBe(1);
  });
});
