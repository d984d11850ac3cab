/** Reads of a shard's accounts, those of many requests in one call (gather.ts). */
import type { MessageTag } from "../../durable-objects/account-shard/account-shard.ts";
import { type Env, shardStub } from "../../durable-objects/host/env.ts";
import { readBytes } from "../../durable-objects/host/long-message.ts";
import { concatBytes } from "../../shared/protocol/bytes.ts";
import { sliceList } from "../../shared/state/accounts.ts";
import { HASH_SIZE, stubbedSizeAt } from "../../shared/state/stubs.ts";
import { Gather, type GatherHost } from "./gather.ts";

/** Keys that one request may ask for together with others, and requests of one call. */
const FEW_KEYS = 16;
const MAX_REQUESTS = 128;
const KEY = 32;

export interface ShardRead {
  readonly shard: number;
  /** 32 bytes each, all of that shard. */
  readonly keys: Uint8Array;
  readonly asOf: number;
  /** As AccountShard.read has it. */
  readonly known?: Uint8Array | undefined;
  /** Of whose landing is asked. */
  readonly message?: MessageTag | undefined;
}

/** `list` null: larger than a read may be. `hasLanded`: false where no message was given. */
export interface ShardAnswer {
  readonly list: Uint8Array | null;
  readonly hasLanded: boolean;
}

interface BalanceRead {
  readonly shard: number;
  readonly key: Uint8Array;
  readonly asOf: number;
}

/** Places of what goes to the same shard as of the same slot: nearly always all have the same. */
function sameCalls(reads: readonly { readonly shard: number; readonly asOf: number }[]): number[][] {
  const calls: number[][] = [];
  for (const [i, { shard, asOf }] of reads.entries()) {
    const same = calls.find(([first]) => reads[first!]!.shard === shard && reads[first!]!.asOf === asOf);
    if (same) same.push(i);
    else calls.push([i]);
  }
  return calls;
}

/** Nothing where a shard does not answer: whoever needs it asks alone, and is told why. */
const orNone = <T>(answers: Promise<ArrayLike<T>>): Promise<ArrayLike<T>> => answers.catch(() => []);

export class ShardReads {
  readonly #env: Env;
  readonly #lists: Gather<readonly ShardRead[], readonly (ShardAnswer | undefined)[]>;
  readonly #balances: Gather<BalanceRead, bigint | undefined>;

  constructor(env: Env, host: GatherHost) {
    this.#env = env;
    this.#lists = new Gather((asked) => this.#readAll(asked), host, MAX_REQUESTS);
    this.#balances = new Gather((reads) => this.#balancesOf(reads), host, MAX_REQUESTS);
  }

  /** For each read its accounts, in the order of its keys. */
  async read(reads: readonly ShardRead[]): Promise<readonly ShardAnswer[]> {
    const bytes = reads.reduce((sum, { keys }) => sum + keys.length, 0);
    const answers = bytes <= FEW_KEYS * KEY ? await this.#lists.ask(reads) : [];
    return Promise.all(reads.map((read, i) => answers[i] ?? this.#alone(read)));
  }

  /** Lamports of an account, 0 where there is none. */
  async balance(shard: number, key: Uint8Array, asOf: number): Promise<bigint> {
    const answer = await this.#balances.ask({ shard, key, asOf });
    return answer ?? (await shardStub(this.#env, shard).balances(key, asOf))[0]!;
  }

  async #alone({ shard, keys, asOf, known, message }: ShardRead): Promise<ShardAnswer> {
    const stub = shardStub(this.#env, shard);
    const { list, hasLanded } = message
      ? await stub.readForPreflight(keys, asOf, known, message)
      : { list: await stub.read(keys, asOf, known), hasLanded: false };
    return { list: list && (await readBytes(list)), hasLanded };
  }

  async #readAll(asked: readonly (readonly ShardRead[])[]): Promise<readonly (readonly (ShardAnswer | undefined)[])[]> {
    const reads = asked.flat();
    const answers: (ShardAnswer | undefined)[] = [];
    await Promise.all(
      sameCalls(reads).map(async (places) => {
        const some = await orNone(this.#together(places.map((i) => reads[i]!)));
        for (const [n, i] of places.entries()) answers[i] = some[n];
      }),
    );
    let next = 0;
    return asked.map(({ length }) => {
      const own = Array.from({ length }, (_, i) => answers[next + i]);
      next += length;
      return own;
    });
  }

  /** Of one shard and slot. Undefined: all that was asked for together is too much for one answer. */
  async #together(reads: readonly ShardRead[]): Promise<readonly (ShardAnswer | undefined)[]> {
    const [first] = reads as readonly [ShardRead];
    if (reads.length === 1) return [await this.#alone(first)];
    const isKnown = reads.some(({ known }) => known !== undefined);
    const hashesOf = (read: ShardRead) => read.known ?? new Uint8Array((read.keys.length / KEY) * HASH_SIZE);
    const known = isKnown ? concatBytes(...reads.map(hashesOf)) : undefined;
    const messages = reads.flatMap(({ message }) => message ?? []);
    const keys = concatBytes(...reads.map((read) => read.keys));
    const { list, landed } = await shardStub(this.#env, first.shard).readMany(keys, first.asOf, known, messages);
    if (list === null) return [];
    const counts = reads.map((read) => read.keys.length / KEY);
    const lists = sliceList(list, counts, stubbedSizeAt);
    let tags = 0;
    return reads.map(({ message }, i) => ({ list: lists[i]!, hasLanded: message ? landed[tags++]! : false }));
  }

  async #balancesOf(reads: readonly BalanceRead[]): Promise<readonly (bigint | undefined)[]> {
    const balances: (bigint | undefined)[] = [];
    await Promise.all(
      sameCalls(reads).map(async (places) => {
        const { shard, asOf } = reads[places[0]!]!;
        const keys = concatBytes(...places.map((i) => reads[i]!.key));
        const lamports = await orNone(shardStub(this.#env, shard).balances(keys, asOf));
        for (const [n, i] of places.entries()) balances[i] = lamports[n];
      }),
    );
    return balances;
  }
}
