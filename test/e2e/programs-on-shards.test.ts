/** Programs whose accounts are on other shards than what they write, in a running network: called, called by others, and over a crash. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Network, startNetwork } from "../../infra/network/index.ts";
import { rpcCall } from "../../infra/start/rpc.ts";
import { hostTimer, streamUrl, webSocket } from "../../shared/ingest/adapters.ts";
import { IngestClient } from "../../shared/ingest/client.ts";
import { StreamTransport } from "../../shared/ingest/transport.ts";
import { decodeBase58, encodeBase58 } from "../../shared/rpc/base58.ts";
import { encodeAccountList } from "../../shared/state/accounts.ts";
import { makeWallets, signWith } from "../bench/wallets.ts";
import { encodeTransaction, type Ix } from "../conformance/random-wire.ts";
import { COUNTERS, count, countThroughCall, naming, programAccounts, UPGRADEABLE } from "../simulation/programs.ts";
import { account } from "../simulation/world.ts";

const wallets = makeWallets("programs on shards", 8);
const accounts = [...programAccounts(), ...wallets.map(({ key }) => account(key, 10_000_000_000n))];
/** Counters of programs that are deployed at the start, and by what these count. */
const CALLED = [0, 1, 2, 3, 6, 7, 8, 9];
const STEPS = [1, 10, 100, 1000, 1, 10, 100, 1000];
const timer = hostTimer(setTimeout, clearTimeout);

let network: Network;
beforeAll(async () => {
  network = await startNetwork({ shards: 4, slotMs: 20, accounts: encodeAccountList(accounts) });
});
afterAll(() => network?.stop());

let number = 0;
async function submit(make: (counter: number) => Ix): Promise<string[]> {
  const { value } = await rpcCall<{ value: { blockhash: string } }>(network.rpcUrl, "getLatestBlockhash");
  const hash = decodeBase58(value.blockhash)!;
  const wires = CALLED.map((counter, i) =>
    encodeTransaction(wallets[i]!.key, [make(counter)], hash, (_key, message) => signWith(wallets[i]!, message)),
  );
  const client = new IngestClient(
    new StreamTransport(
      webSocket(() => new WebSocket(streamUrl(network.rpcUrl))),
      timer,
    ),
    timer,
  );
  const batch = await client.submit(wires);
  client.close();
  return CALLED.map((_, i) => batch.fate(i));
}

async function counted(): Promise<number[]> {
  const addresses = CALLED.map((i) => encodeBase58(COUNTERS[i]!));
  const { value } = await rpcCall<{ value: { data: [string] }[] }>(network.rpcUrl, "getMultipleAccounts", [addresses]);
  return value.map(({ data }) => Number(Buffer.from(data[0], "base64").readBigUInt64LE(0)));
}
const times = (n: number): number[] => STEPS.map((step) => step * n);
const confirmed = CALLED.map(() => "confirmed");

it("calls are confirmed, each once, whoever calls and whatever else is named, also after a crash", async () => {
  expect(await submit((i) => count(i, number++))).toEqual(confirmed);
  expect(await counted()).toEqual(times(1));
  // Put off at first: the programs that are called by another one, and those that are only named.
  expect(await submit((i) => countThroughCall(i, number++))).toEqual(confirmed);
  expect(await submit((i) => naming(count(i, number++), ...UPGRADEABLE))).toEqual(confirmed);
  expect(await counted()).toEqual(times(3));
  await network.restart();
  expect(await submit((i) => countThroughCall(i, number++))).toEqual(confirmed);
  expect(await counted()).toEqual(times(4));
  expect(await rpcCall<number>(network.rpcUrl, "getTransactionCount")).toBe(CALLED.length * 4);
});
