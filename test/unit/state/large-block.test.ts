/** What a block of large accounts takes in memory where it is executed: the instance's memory, and what the machine hands out. */
import { describe, expect, it } from "vitest";
import { zstd } from "../../../durable-objects/host/zstd.ts";
import type { Effect } from "../../../shared/protocol/actor.ts";
import { concatBytes, viewOf } from "../../../shared/protocol/bytes.ts";
import { sizeEntry } from "../../../shared/state/account-sizes.ts";
import { decodeAccountList, encodeAccountList } from "../../../shared/state/accounts.ts";
import { DEFAULT_CHECKPOINT } from "../../../shared/state/shard-config.ts";
import { ShardMachine } from "../../../shared/state/shard-machine.ts";
import { isWrite, SimulatedStorage } from "../../simulation/storage.ts";
import { engineOf, keyOf, proposalOf, transferRecord, wallet } from "./chain.ts";

const SIZE = 10 << 20;
const BANK = keyOf("bank");
const START = 10n ** 12n;

/** Data that do not shrink. */
function noise(seed: number): Uint8Array {
  const words = new Uint32Array(SIZE / 4);
  let state = seed + 1;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return new Uint8Array(words.buffer);
}
const owner = keyOf("owner");
const large = Array.from({ length: 6 }, (_, i) => ({ ...wallet(keyOf(`large ${i}`), START), owner, data: noise(i) }));
const keys = large.map(({ key }) => key);
const genesis = encodeAccountList([wallet(BANK, 10n ** 13n), ...large].sort((a, b) => Buffer.compare(a.key, b.key)));

function bytesOf(effects: readonly Effect[]): number {
  let bytes = 0;
  for (const effect of effects) {
    if (effect.type === "put") bytes += effect.bytes.length;
    if (effect.type === "send")
      for (const value of Object.values(effect.message)) if (value instanceof Uint8Array) bytes += value.length;
  }
  return bytes;
}

class Shard {
  readonly engine = engineOf();
  readonly machine: ShardMachine;
  readonly storage: SimulatedStorage;
  /** The most that a step has handed out. */
  most = 0;
  #slot = 0;

  constructor(storage: SimulatedStorage) {
    this.storage = storage;
    const config = { ...DEFAULT_CHECKPOINT, shard: 0 };
    this.machine = new ShardMachine(this.engine, config, () => genesis, zstd);
    storage.apply(this.machine.boot(storage).filter(isWrite));
    this.#slot = this.engine.applied();
  }

  /** One block that pays these accounts; the one before it is stored: the builder waits for that. Sizes that its answer tells. */
  block(payees: readonly Uint8Array[]): Uint8Array | undefined {
    const slot = ++this.#slot;
    const records = payees.map((to, blockIndex) => ({
      blockIndex,
      record: transferRecord({ from: BANK, to, lamports: BigInt(slot) }),
    }));
    const proposal = proposalOf({ slot, shard: 0, prevSlot: slot - 1, records });
    viewOf(proposal).setBigUint64(64, BigInt(slot - 1), true);
    const message = { type: "proposal", slot, view: 1, digest: proposal.slice(24, 56), proposal } as const;
    const effects = this.machine.step({ type: "message", from: "builder", message });
    this.most = Math.max(this.most, bytesOf(effects));
    this.storage.apply(effects.filter(isWrite));
    const answer = effects.find((effect) => effect.type === "send" && effect.message.type === "committed");
    return answer?.type === "send" && answer.message.type === "committed" ? answer.message.sizes : undefined;
  }
  get memory(): number {
    return this.engine.instance.memory.buffer.byteLength;
  }
}

describe("six writable accounts of 10 MiB", () => {
  it("as the planner spreads them over blocks: a shard executes, logs, checkpoints and merges them within its memory", () => {
    const shard = new Shard(new SimulatedStorage());
    const again = new Shard(shard.storage);
    for (let slot = 1; slot <= 12; slot++) again.block([keys[slot % 6]!]);
    // Three accounts stay where 32 MiB may; there are the row of the slot, and a hole where an account came in.
    expect(again.memory / 1e6).toBeLessThan(60);
    // The row, and two accounts of a checkpoint, or one of a merge.
    expect(again.most / 1e6).toBeLessThan(32);
    const list = decodeAccountList(again.machine.read(concatBytes(...keys), 12))!;
    // Block n paid n lamports: 6 and 12 to the first, 1 and 7 to the second.
    const paid = [18n, 8n, 10n, 12n, 14n, 16n];
    expect(list.map(({ lamports }) => lamports)).toEqual(paid.map((lamports) => START + lamports));
    for (const [i, { data }] of list.entries()) expect(Buffer.compare(data, large[i]!.data)).toBe(0);
  });

  it("tells the builder how large the accounts are that it used", () => {
    const shard = new Shard(new SimulatedStorage());
    expect(shard.block([keyOf("nobody")])).toBeUndefined();
    expect(shard.block([keys[3]!, keys[3]!])).toEqual(sizeEntry(keys[3]!, SIZE));
  });
});
