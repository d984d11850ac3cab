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
  /** 32 bytes each, all of one shard. */
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
  readonly key: Uint8Array;
  readonly asOf: number;
}

/** The places of items by their slot: nearly always all have the same. */
function bySlot(items: readonly { readonly asOf: number }[]): Map<number, number[]> {
  const places = new Map<number, number[]>();
  for (const [i, { asOf }] of items.entries()) {
    const same = places.get(asOf);
    if (same) same.push(i);
    else places.set(asOf, [i]);
  }
  return places;
}

export class ShardReads {
  readonly #env: Env;
  readonly #host: GatherHost;
  readonly #lists = new Map<number, Gather<ShardRead, ShardAnswer | undefined>>();
  readonly #balances = new Map<number, Gather<BalanceRead, bigint>>();

  constructor(env: Env, host: GatherHost) {
    this.#env = env;
    this.#host = host;
  }

  /** The accounts, in the order of their keys. */
  async read(shard: number, read: ShardRead): Promise<ShardAnswer> {
    if (read.keys.length > FEW_KEYS * KEY) return this.#alone(shard, read);
    let gather = this.#lists.get(shard);
    if (!gather) {
      gather = new Gather((reads) => this.#together(shard, reads), this.#host, MAX_REQUESTS);
      this.#lists.set(shard, gather);
    }
    return (await gather.ask(read)) ?? this.#alone(shard, read);
  }

  /** Lamports of an account, 0 where there is none. */
  balance(shard: number, key: Uint8Array, asOf: number): Promise<bigint> {
    let gather = this.#balances.get(shard);
    if (!gather) {
      gather = new Gather((reads) => this.#balancesOf(shard, reads), this.#host, MAX_REQUESTS);
      this.#balances.set(shard, gather);
    }
    return gather.ask({ key, asOf });
  }

  async #alone(shard: number, { keys, asOf, known, message }: ShardRead): Promise<ShardAnswer> {
    const stub = shardStub(this.#env, shard);
    const { list, hasLanded } = message
      ? await stub.readForPreflight(keys, asOf, known, message)
      : { list: await stub.read(keys, asOf, known), hasLanded: false };
    return { list: list && (await readBytes(list)), hasLanded };
  }

  /** Undefined: all that was asked for together is too much for one answer. */
  async #together(shard: number, reads: readonly ShardRead[]): Promise<readonly (ShardAnswer | undefined)[]> {
    if (reads.length === 1) return [await this.#alone(shard, reads[0]!)];
    const answers: (ShardAnswer | undefined)[] = reads.map(() => undefined);
    const calls = [...bySlot(reads)].map(async ([asOf, places]) => {
      const some = places.map((i) => reads[i]!);
      const isKnown = some.some(({ known }) => known !== undefined);
      const known = isKnown
        ? concatBytes(...some.map((one) => one.known ?? new Uint8Array((one.keys.length / KEY) * HASH_SIZE)))
        : undefined;
      const messages = some.flatMap(({ message }) => message ?? []);
      const keys = concatBytes(...some.map((one) => one.keys));
      const { list, landed } = await shardStub(this.#env, shard).readMany(keys, asOf, known, messages);
      if (list === null) return;
      const lists = sliceList(
        list,
        some.map((one) => one.keys.length / KEY),
        stubbedSizeAt,
      );
      let asked = 0;
      for (const [n, i] of places.entries()) {
        answers[i] = { list: lists[n]!, hasLanded: some[n]!.message ? landed[asked++]! : false };
      }
    });
    await Promise.all(calls);
    return answers;
  }

  async #balancesOf(shard: number, reads: readonly BalanceRead[]): Promise<readonly bigint[]> {
    const balances: bigint[] = [];
    const calls = [...bySlot(reads)].map(async ([asOf, places]) => {
      const keys = concatBytes(...places.map((i) => reads[i]!.key));
      const lamports = await shardStub(this.#env, shard).balances(keys, asOf);
      for (const [n, i] of places.entries()) balances[i] = lamports[n]!;
    });
    await Promise.all(calls);
    return balances;
  }
}
