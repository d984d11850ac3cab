/** `GET /v1/status` where something cannot start: 503, and what it is. */
import { expect, it } from "vitest";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import { networkStatus } from "../../../workers/edge/status.ts";

const GENESIS = encodeBase58(new Uint8Array(32).fill(7));
const NETWORK = {
  genesisHash: GENESIS,
  shardCount: 2,
  slotMs: 50,
  lanes: 1,
  identity: GENESIS,
  genesisTimestamp: 1,
  genesisAccounts: [],
};
type Env = Parameters<typeof networkStatus>[0];

/** Bindings whose objects answer; `broken`: the ones that cannot start, by name. */
function bindings(broken: Record<string, string>, builder: unknown, network: unknown = NETWORK): Env {
  const answer = async (name: string, value: unknown) => {
    if (broken[name] !== undefined) throw new Error(broken[name]);
    return value;
  };
  const namespace = {
    idFromName: (name: string) => name,
    get: (name: string) => ({ stats: () => answer(name, {}), status: () => answer(name, builder) }),
  };
  const all = { LANE: namespace, BUILDER: namespace, SHARD: namespace, LEDGER: namespace, SUBSCRIPTIONS: namespace };
  return { ...all, NETWORK: network } as unknown as Env;
}
const BUILDER = { slot: 9, transactions: 3, confirmationP50: null };
const NOTHING = { slot: null, transactions: null, confirmationP50: null, ready: false };

it("no variable NETWORK: neither a hash nor a slot, and the problem names it", async () => {
  const status = await networkStatus(bindings({}, BUILDER, {}));
  expect(status).toEqual({ genesisHash: null, ...NOTHING, problem: expect.stringContaining("variable NETWORK") });
});

it("a shard that cannot start is the problem, although the builder answers", async () => {
  const status = await networkStatus(bindings({ "shard-1": "genesis.bin is empty" }, BUILDER));
  expect(status).toEqual({ genesisHash: GENESIS, ...BUILDER, ready: false, problem: "shard-1: genesis.bin is empty" });
});

it("a builder that cannot start, and one that recovers", async () => {
  const broken = await networkStatus(bindings({ builder: "disk I/O error" }, BUILDER));
  expect(broken).toEqual({ genesisHash: GENESIS, ...NOTHING, problem: "builder: disk I/O error" });
  const recovering = await networkStatus(bindings({}, null));
  expect(recovering).toEqual({ genesisHash: GENESIS, ...NOTHING, problem: "builder: it recovers after a start" });
});

it("all are up", async () => {
  expect(await networkStatus(bindings({}, BUILDER))).toEqual({
    genesisHash: GENESIS,
    ...BUILDER,
    ready: true,
    problem: null,
  });
});
