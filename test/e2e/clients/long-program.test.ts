/** A long program with web3.js v1, which uses one blockhash for up to 30 seconds, on the network as `npm start` starts it. */
import { Keypair, SystemProgram, sendAndConfirmTransaction, Transaction } from "@solana/web3.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Network, startNetwork } from "../../../infra/network/index.ts";
import { connect, funded, stopped } from "./web3-client.ts";

const TRANSFERS = 220;
let network: Network;

beforeAll(async () => {
  network = await startNetwork({});
});
afterAll(() => stopped(network));

test(`${TRANSFERS} transfers one after another, over more slots than a blockhash has heights`, async () => {
  const connection = connect(network.rpcUrl);
  const wallet = await funded(connection);
  const to = Keypair.generate().publicKey;
  const firstSlot = await connection.getSlot();
  const firstHeight = await connection.getBlockHeight();
  for (let i = 0; i < TRANSFERS; i++) {
    const transfer = SystemProgram.transfer({ fromPubkey: wallet.publicKey, toPubkey: to, lamports: 1_000_000 + i });
    await sendAndConfirmTransaction(connection, new Transaction().add(transfer), [wallet]);
  }
  const slots = (await connection.getSlot()) - firstSlot;
  const heights = (await connection.getBlockHeight()) - firstHeight;
  expect(slots).toBeGreaterThanOrEqual(TRANSFERS);
  expect(heights).toBeLessThan(150);
  expect(await connection.getBalance(to)).toBe((1_000_000 * 2 + TRANSFERS - 1) * (TRANSFERS / 2));
});
