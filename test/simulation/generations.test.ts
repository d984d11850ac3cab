/** Handovers of the ledger and growth of its index: what happens at their worst moments, and that the oracle sees when they go wrong. */
import { describe, expect, it } from "vitest";
import { decodeCatalog, encodeCatalog } from "../../shared/ledger/catalog.ts";
import { type LedgerEvent, LedgerMachine } from "../../shared/ledger/ledger-machine.ts";
import type { Message, NodeId } from "../../shared/protocol/messages.ts";
import { type ClusterShape, ONE_GENERATION } from "./cluster.ts";
import type { FailureKind } from "./failure.ts";
import { batch, type Outcome, type Play, play, type Scenario } from "./scenario.ts";
import { SimulatedStorage } from "./storage.ts";
import { COLD, GENESIS_HASH, GENESIS_TIMESTAMP, HOT, transfer } from "./world.ts";

const workload = Array.from({ length: 16 }, (_, i) =>
  batch(
    i,
    i * 25,
    0,
    [transfer(HOT[i % 4]!, COLD[i % 16]!, BigInt(1_000 + i))],
    [transfer(COLD[i % 16]!, HOT[(i + 1) % 4]!, BigInt(100 + i))],
  ),
);

const GENESIS = { genesisHash: GENESIS_HASH, genesisTimestamp: GENESIS_TIMESTAMP, genesisLamports: [] };

/** A generation every two or three blocks; an index partition that is full after a few batches. */
const TINY: Partial<ClusterShape> = {
  ledger: {
    ...ONE_GENERATION,
    generationBytes: 2_500,
    indexBytes: 1_000,
    feed: { blocks: 2, entries: 1 << 18, waiting: 1 << 21 },
  },
  index: { pageEntries: 3, fanIn: 2, pageCacheBytes: 0, filterCacheBytes: 0 },
};

function handsOver(scenario: Partial<Scenario> = {}): Outcome {
  const outcome = play({ workload, ...scenario, shape: { ...TINY, ...scenario.shape } });
  if (outcome.failure) throw outcome.failure;
  expect(outcome.verdict!.landed).toBe(32);
  expect(outcome.cluster.ledgers.catalog.generation).toBeGreaterThan(3);
  return outcome;
}

function caught(scenario: Partial<Scenario>, ...kinds: FailureKind[]): void {
  const outcome = play({ workload, ignoreRepeats: true, ...scenario, shape: { ...TINY, ...scenario.shape } });
  expect(outcome.failure?.message, "the oracle noticed nothing").toBeDefined();
  expect(kinds, outcome.failure!.message).toContain(outcome.failure!.kind);
}

/** Kills an object once, when a message of a type comes for the `nth` time; `loses`: it dies before the message is out. */
function dies(
  type: Message["type"],
  who: (from: NodeId, to: NodeId) => NodeId,
  loses: boolean,
  nth = 2,
): Partial<Scenario> {
  let seen = 0;
  return {
    onMessage: (p: Play, from, to, message) => {
      if (message.type !== type || ++seen !== nth) return undefined;
      p.acted++;
      p.kill(who(from, to), 30);
      return loses ? "lose" : undefined;
    },
  };
}

describe("a handover", () => {
  it("happens again and again, and the index grows wider", () => {
    const { cluster } = handsOver();
    const { catalog } = cluster.ledgers;
    expect(catalog.indexes.length).toBeGreaterThan(1);
    expect(catalog.finished.map(({ number }) => number)).toEqual(catalog.finished.map((_, i) => i));
  });

  const sender = (from: NodeId): NodeId => from;
  const receiver = (_from: NodeId, to: NodeId): NodeId => to;
  it.each([
    ["the generation that is full dies before the next one hears of it", "handover", sender, true],
    ["the generation that is full dies when the next one has heard of it", "handover", sender, false],
    ["the next generation dies when it is told to begin", "handover", receiver, false],
    ["the next generation dies when it has begun, and nobody knows", "begun", sender, true],
    ["the full one dies when the next one has begun", "begun", receiver, false],
    ["the builder dies when it is told where to go on", "moved", receiver, false],
    ["nobody tells the builder where to go on", "moved", sender, true],
    ["the index dies with a batch", "entries", receiver, false],
    ["the index has a batch and nobody knows", "indexed", sender, true],
    ["the ledger dies when the index has a batch", "indexed", receiver, false],
  ] as const)("%s", (_, type, who, loses) => {
    for (const nth of [1, 2, 3]) expect(handsOver(dies(type, who, loses, nth)).acted).toBe(1);
  });

  it("everything dies at once, in the middle of it", () => {
    for (const type of ["handover", "begun", "moved"] as const) {
      let seen = 0;
      handsOver({
        onMessage: (p, _from, _to, message) => {
          if (message.type === type && ++seen === 2) p.cluster.scheduler.after(1, () => p.cluster.blackout(20));
          return undefined;
        },
      });
    }
  });

  it("what is too old is forgotten, and told again where it was not heard", () => {
    let lost = 0;
    const outcome = handsOver({
      shape: { ledger: { ...TINY.ledger!, keep: { bytes: 12_000 } } },
      onMessage: (_p, _from, _to, { type }) => (type === "drop" && ++lost < 4 ? "lose" : undefined),
    });
    expect(lost).toBeGreaterThan(4);
    expect(outcome.cluster.dropped.size).toBeGreaterThan(3);
  });
});

describe("the oracle sees", () => {
  const without = (id: NodeId, table: string): Partial<Scenario> => ({
    sabotage: { writes: (from, writes) => (from === id ? writes.filter((write) => write.table !== table) : writes) },
  });

  it("an index partition that answers before its row", () => {
    caught(without("index-0", "manifest"), "lost");
  });

  it("a batch that is written half", () => {
    caught(without("index-0", "signatures-pages"), "exception");
    caught(without("index-0", "addresses-filters"), "exception");
  });

  it("a merge that loses a page", () => {
    let pages = 0;
    caught(
      {
        sabotage: {
          writes: (_, writes) =>
            writes.filter((w) => w.type !== "put" || w.table !== "addresses-pages" || ++pages !== 9),
        },
      },
      "exception",
    );
  });

  it("entries that are left out of a batch", () => {
    const cut = (field: "signatures" | "addresses"): Partial<Scenario> => ({
      onMessage: (p, _from, _to, message) => {
        if (message.type !== "entries" || ++p.acted !== 2) return undefined;
        return [{ ...message, [field]: new Uint8Array(0) }];
      },
    });
    caught(cut("signatures"), "lost");
    caught(cut("addresses"), "lost");
  });

  it("a batch that is taken twice", () => {
    // Every batch is sent once more as one that follows on what the partition has.
    caught(
      {
        onMessage: (_p, _from, _to, message) => {
          if (message.type !== "entries") return undefined;
          return [message, { ...message, after: message.upTo, upTo: message.upTo + 1 }];
        },
      },
      "lost",
      "exception",
      "liveness",
    );
  });

  it("a full generation that does not remember it", () => {
    caught(
      {
        sabotage: {
          writes: (id, writes) => (id === "ledger-0" ? writes.filter((w) => w.table !== "state" || write0(w)) : writes),
        },
      },
      "handover",
    );
    function write0(w: { readonly type: string; readonly bytes?: Uint8Array }): boolean {
      return w.type === "put" && w.bytes![0] === 1;
    }
  });

  it("a generation that is handed over twice", () => {
    // The next generation begins once more, behind the blocks that it has.
    let again = 0;
    caught(
      {
        sabotage: {
          machine: (machine, id) => {
            if (id !== "ledger-1") return machine;
            let current = machine as LedgerMachine;
            const step = (event: LedgerEvent) => {
              if (event.type === "message" && event.message.type === "handover" && current.isNewest) {
                again++;
                current = new LedgerMachine({ ...TINY.ledger!, generation: 1, ...GENESIS });
                current.boot(new SimulatedStorage());
              }
              return current.step(event);
            };
            return new Proxy(current, {
              get(_, name) {
                const value = Reflect.get(current, name, current) as unknown;
                if (name === "step") return step;
                return typeof value === "function" ? value.bind(current) : value;
              },
            });
          },
        },
        onMessage: (p, from, to, message) => {
          if (message.type === "handover" && to === "ledger-1") {
            for (const ms of [10, 40, 80])
              p.cluster.scheduler.after(ms, () => p.cluster.node(to)!.deliver(from, message));
          }
          return undefined;
        },
      },
      "handover",
      "lost",
      "liveness",
      "exception",
    );
    expect(again).toBeGreaterThan(0);
  });

  it("a handover that forgets a generation, or an index", () => {
    const broken = (change: (catalog: ReturnType<typeof decodeCatalog>) => Uint8Array): Partial<Scenario> => ({
      onMessage: (p, _from, _to, message) => {
        if (message.type !== "handover" || ++p.acted !== 4) return undefined;
        return [{ ...message, catalog: change(decodeCatalog(message.catalog)) }];
      },
    });
    caught(
      broken((catalog) => encodeCatalog({ ...catalog, finished: catalog.finished.slice(1) })),
      "lost",
    );
    caught(
      broken((catalog) => encodeCatalog({ ...catalog, finished: catalog.finished.slice(0, 1) })),
      "lost",
    );
    caught(
      broken((catalog) => encodeCatalog({ ...catalog, indexes: catalog.indexes.slice(-1) })),
      "lost",
    );
  });

  it("a generation that is told to go while somebody reads it", () => {
    caught(
      {
        shape: { ledger: { ...TINY.ledger!, keep: { bytes: 12_000 } } },
        onMessage: (p, from, _to, message) => {
          const last = p.cluster.ledgers.catalog.finished.at(-1);
          if (message.type === "drop" && last) p.cluster.ledgers.generation(last.number).deliver(from, message);
          return undefined;
        },
      },
      "lost",
      "exception",
      "liveness",
    );
  });
});
