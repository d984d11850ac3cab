/** Stake over epochs on a running network of several shards, with @solana/web3.js as it is: the clock is moved, objects are restarted. */
import {
  Authorized,
  type Connection,
  Keypair,
  Lockup,
  PublicKey,
  StakeProgram,
  SYSVAR_CLOCK_PUBKEY,
  SYSVAR_SLOT_HASHES_PUBKEY,
  SYSVAR_STAKE_HISTORY_PUBKEY,
  sendAndConfirmTransaction,
  Transaction,
  VoteInit,
  VoteProgram,
} from "@solana/web3.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Network, startNetwork } from "../../infra/network/index.ts";
import { connect, funded, SOL, stopped } from "./clients/web3-client.ts";

const SLOT_HISTORY = new PublicKey("SysvarS1otHistory11111111111111111111111111");

let network: Network;
let connection: Connection;
let payer: Keypair;
beforeAll(async () => {
  network = await startNetwork({ slotMs: 20, dev: true, shards: 3 });
  connection = connect(network.rpcUrl);
  payer = await funded(connection, 100 * SOL);
});
afterAll(() => stopped(network));

async function rpc(method: string, ...params: unknown[]): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const response = await fetch(network.rpcUrl, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  const { result, error } = (await response.json()) as { result: unknown; error?: { message: string } };
  if (error) throw new Error(error.message);
  return result;
}
const send = (transaction: Transaction, ...signers: Keypair[]) =>
  sendAndConfirmTransaction(connection, transaction, [payer, ...signers]);
async function nextEpoch(epochs = 1): Promise<number> {
  const { epoch } = await connection.getEpochInfo();
  await rpc("surfnet_timeTravel", { absoluteEpoch: epoch + epochs });
  return epoch + epochs;
}
async function parsed<T>(key: PublicKey): Promise<{ slot: number; info: T }> {
  const { context, value } = await connection.getParsedAccountInfo(key);
  return { slot: context.slot, info: (value!.data as unknown as { parsed: { info: T } }).parsed.info };
}
interface HistoryEntry {
  epoch: number;
  stakeHistory: { effective: number; activating: number; deactivating: number };
}
const history = async (): Promise<HistoryEntry[]> => (await parsed<HistoryEntry[]>(SYSVAR_STAKE_HISTORY_PUBKEY)).info;

async function newVoteAccount(): Promise<PublicKey> {
  const vote = Keypair.generate();
  const voteInit = new VoteInit(payer.publicKey, payer.publicKey, payer.publicKey, 5);
  const lamports = await connection.getMinimumBalanceForRentExemption(VoteProgram.space);
  const params = { fromPubkey: payer.publicKey, votePubkey: vote.publicKey, voteInit, lamports };
  await send(VoteProgram.createAccount(params), vote);
  return vote.publicKey;
}
const by = () => ({ authorizedPubkey: payer.publicKey });

test("is delegated, split, merged, deactivated and withdrawn; the history has what there was", async () => {
  const votePubkey = await newVoteAccount();
  const stakes = [Keypair.generate(), Keypair.generate()] as const;
  for (const stake of stakes) {
    const authorized = new Authorized(payer.publicKey, payer.publicKey);
    const params = { fromPubkey: payer.publicKey, stakePubkey: stake.publicKey, authorized, lamports: 5 * SOL };
    await send(
      new Transaction().add(StakeProgram.createAccount({ ...params, lockup: new Lockup(0, 0, PublicKey.default) })),
      stake,
    );
    await send(StakeProgram.delegate({ ...by(), stakePubkey: stake.publicKey, votePubkey }));
  }
  const reserve = await connection.getMinimumBalanceForRentExemption(StakeProgram.space);
  const both = 2 * (5 * SOL - reserve);
  const [first, second] = stakes.map(({ publicKey }) => publicKey) as [PublicKey, PublicKey];
  const begun = await nextEpoch();
  expect((await history())[0]).toEqual({
    epoch: begun - 1,
    stakeHistory: { effective: 0, activating: both, deactivating: 0 },
  });
  const part = Keypair.generate();
  const split = { ...by(), stakePubkey: first, splitStakePubkey: part.publicKey, lamports: SOL };
  await send(StakeProgram.split(split, reserve), part);
  await send(StakeProgram.deactivate({ ...by(), stakePubkey: first }));
  await send(StakeProgram.deactivate({ ...by(), stakePubkey: part.publicKey }));
  // Nobody else has stake: each delegation warms up and cools down by a lamport.
  await network.restart();
  const ended = await nextEpoch(3);
  const entries = await history();
  expect(entries.map(({ epoch }) => epoch)).toEqual(Array.from({ length: ended }, (_, i) => ended - 1 - i));
  expect(entries.find(({ epoch }) => epoch === begun)!.stakeHistory).toMatchObject({ effective: 3, deactivating: 2 });
  for (const stakePubkey of [first, part.publicKey]) {
    const lamports = await connection.getBalance(stakePubkey);
    await send(StakeProgram.withdraw({ ...by(), stakePubkey, toPubkey: payer.publicKey, lamports }));
    expect(await connection.getAccountInfo(stakePubkey)).toBeNull();
  }
  expect(((await parsed<{ stake: object }>(second)).info.stake as { delegation: object }).delegation).toMatchObject({
    voter: votePubkey.toBase58(),
  });
  await expect(
    send(StakeProgram.withdraw({ ...by(), stakePubkey: second, toPubkey: payer.publicKey, lamports: SOL })),
  ).rejects.toThrow(/insufficient/i);
});

test("what is read at a slot is as of it: Clock, SlotHashes, SlotHistory", async () => {
  const clock = await parsed<{ slot: number; epoch: number }>(SYSVAR_CLOCK_PUBKEY);
  expect(clock.info.slot).toBe(clock.slot);
  const hashes = await parsed<{ slot: number; hash: string }[]>(SYSVAR_SLOT_HASHES_PUBKEY);
  const block = (await connection.getBlock(hashes.slot, { maxSupportedTransactionVersion: 0 }))!;
  expect(hashes.info[0]).toEqual({ slot: block.parentSlot, hash: block.previousBlockhash });
  const slots = await parsed<{ nextSlot: number; bits: string }>(SLOT_HISTORY);
  expect(slots.info.nextSlot).toBe(slots.slot + 1);
  expect(slots.info.bits[slots.slot % slots.info.bits.length]).toBe("1");
  const told = new Promise<{ slot: number; shown: bigint }>((resolve) => {
    connection.onAccountChange(SYSVAR_CLOCK_PUBKEY, ({ data }, { slot }) =>
      resolve({ slot, shown: data.readBigUInt64LE() }),
    );
  });
  const { slot, shown } = await told;
  expect(shown).toBe(BigInt(slot));
});
