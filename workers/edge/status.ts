/**
 * `GET /v1/status`: tip and speed, and whether the network works, for a status line or a monitor. Does not make an idle chain tick. An
 * object that cannot boot makes it answer 503 with what that object says.
 */
import { builderStub, type Env, indexStub, laneStub, ledgerStub, shardStub } from "../../durable-objects/host/env.ts";
import { storageRoom } from "../../durable-objects/host/storage-room.ts";
import { ErrorCode } from "../../shared/errors/codes.ts";
import { ERROR_TEXT } from "../../shared/errors/messages.ts";
import { parseNetwork } from "../../shared/protocol/network.ts";
import { encodeBase58 } from "../../shared/rpc/base58.ts";

export interface NetworkStatus {
  /** null: the network is not configured. */
  readonly genesisHash: string | null;
  /** Newest slot; null while the builder cannot say. */
  readonly slot: number | null;
  /** Every object is up. */
  readonly ready: boolean;
  /** Why it is not. */
  readonly problem: string | null;
  readonly transactions: number | null;
  /** Generation of the ledger that takes the blocks; absent while the builder cannot say. */
  readonly ledger?: number;
  /** Milliseconds, median of the latest blocks; null: there was none since the builder's start. */
  readonly confirmationP50: number | null;
}

const STORAGE_FULL = `STORE_FULL: ${ERROR_TEXT[ErrorCode.STORE_FULL]}`;
const NOTHING = { slot: null, transactions: null, confirmationP50: null };
/** How long the objects that answered are taken to be up, milliseconds: a monitor that asks often wakes them no more often. */
const TRUSTED_MS = 10_000;

/** When this isolate last had an answer of every object. */
let checkedAt = Number.NEGATIVE_INFINITY;

/** What the first object that cannot boot says; null: all are up. */
async function problemOf(env: Env, lanes: number, shardCount: number, generation: number): Promise<string | null> {
  if (Date.now() - checkedAt < TRUSTED_MS) return null;
  const objects: [string, () => Promise<unknown>][] = [
    [`ledger-${generation}`, () => ledgerStub(env, generation).stats()],
    ...Array.from({ length: lanes }, (_, i): [string, () => Promise<unknown>] => [
      `lane-${i}`,
      () => laneStub(env, i).stats(),
    ]),
    ...Array.from({ length: shardCount }, (_, i): [string, () => Promise<unknown>] => [
      `shard-${i}`,
      () => shardStub(env, i).stats(),
    ]),
  ];
  const problem = (await firstProblem(objects)) ?? (await firstProblem(await indexesOf(env, generation)));
  if (problem === null) checkedAt = Date.now();
  return problem;
}

type Asked = readonly [string, () => Promise<unknown>];

/** The partitions of the index that take entries. */
async function indexesOf(env: Env, generation: number): Promise<Asked[]> {
  const { indexes = [] } = await ledgerStub(env, generation).stats();
  return indexes.map((number): Asked => [`index-${number}`, () => indexStub(env, number).stats()]);
}

async function firstProblem(objects: readonly Asked[]): Promise<string | null> {
  const asked = await Promise.all(
    objects.map(([name, ask]) =>
      ask().then(
        () => null,
        (error: unknown) => `${name}: ${error instanceof Error ? error.message : error}`,
      ),
    ),
  );
  return asked.find((one) => one !== null) ?? null;
}

export async function networkStatus(env: Env): Promise<NetworkStatus> {
  let genesisHash: string | null = null;
  try {
    const network = parseNetwork(env.NETWORK);
    genesisHash = encodeBase58(network.genesisHash);
    const builder = await builderStub(env).status();
    const problem =
      (storageRoom.takesNew(env) ? null : STORAGE_FULL) ??
      (await problemOf(env, network.lanes, network.shardCount, builder?.ledger ?? 0)) ??
      (builder === null ? "builder: it recovers after a start" : null);
    return { genesisHash, ...(builder ?? NOTHING), ready: problem === null, problem };
  } catch (error) {
    const what = genesisHash === null ? "" : "builder: ";
    const problem = storageRoom.blame(error)
      ? STORAGE_FULL
      : `${what}${error instanceof Error ? error.message : error}`;
    return { genesisHash, ...NOTHING, ready: false, problem };
  }
}
