/** Programs whose accounts are on other shards: transactions that are put off, and builders that die over it. */
import { describe, expect, it } from "vitest";
import { decodeBlock } from "../../shared/protocol/block.ts";
import { decodeRecord, frameRecords } from "../../shared/protocol/record.ts";
import { programdataOf } from "../unit/scheduling/programdata.ts";
import {
  BUFFER_STEPS,
  BUFFERS,
  COUNTERS,
  close,
  count,
  countThroughCall,
  deploy,
  FRESH,
  naming,
  UPGRADEABLE,
  upgrade,
} from "./programs.ts";
import { changed, resent, wrap } from "./sabotage.ts";
import { batch, type Outcome, play, SCENARIO_SHAPE, type Scenario } from "./scenario.ts";
import { COLD, HOT, hex, transfer } from "./world.ts";

/** Payments that also name programs, which they do not call, and calls of programs. */
const naive = Array.from({ length: 6 }, (_, i) =>
  batch(
    i,
    i * 40,
    0,
    [naming(transfer(HOT[i % 4]!, COLD[i]!, BigInt(1_000 + i)), UPGRADEABLE[i % 3]!)],
    [naming(transfer(COLD[i + 6]!, HOT[(i + 1) % 4]!, BigInt(2_000 + i)), ...UPGRADEABLE)],
    [transfer(COLD[i]!, COLD[i + 1]!, 1n), count(i % 8, i)],
  ),
);

function good(outcome: Outcome): Outcome {
  if (outcome.failure) throw outcome.failure;
  expect(outcome.acted).toBeGreaterThan(0);
  expect(outcome.verdict!.landed).toBe(18);
  return outcome;
}
const acting = { prepare: (p: { acted: number }) => void p.acted++ };

describe("a transaction that names a program whose programdata was not brought along", () => {
  it("is put off once, and runs with the programdata of everything it names", () => {
    const outcome = good(play({ workload: naive, ...acting }));
    expect(outcome.verdict!.deferred).toBeGreaterThan(0);
    const appearances = new Map<string, number[]>();
    for (const bytes of outcome.cluster.blocks().values()) {
      for (const record of frameRecords(decodeBlock(bytes).frame)) {
        const { signatures, implicitKeys } = decodeRecord(record);
        const name = hex(signatures[0]!);
        appearances.set(name, [...(appearances.get(name) ?? []), implicitKeys.length]);
      }
    }
    expect([...appearances.values()].every((places) => places.length <= 2)).toBe(true);
    expect([...appearances.values()].filter((places) => places.length === 2).length).toBe(outcome.verdict!.deferred);
  });

  it("is not put off when the program is known", () => {
    const later = batch(50, 900, 0, [naming(transfer(HOT[0]!, COLD[0]!, 77n), ...UPGRADEABLE)]);
    const one = play({ workload: naive, ...acting });
    const two = play({ workload: [...naive, later], ...acting });
    if (two.failure) throw two.failure;
    expect(two.verdict!.landed).toBe(19);
    expect(two.verdict!.deferred).toBe(one.verdict!.deferred);
  });
});

describe("while the pool has no room for what was put off", () => {
  const full = (times: number): Scenario => {
    let refused = 0;
    let boots = 0;
    return {
      workload: naive,
      prepare: (p) => {
        p.acted++;
        p.cluster.scheduler.after(130, () => p.cluster.builder.kill(5));
      },
      sabotage: {
        planner: (planner) => {
          boots++;
          return wrap(planner, { readmit: (frame) => refused++ >= times * boots && planner.readmit(frame) });
        },
      },
    };
  };
  it("it is tried again, and lanes come after it", () => {
    for (const times of [1, 2, 5, 20]) good(play(full(times)));
  });
});

const counted = ({ cluster }: Outcome, i: number): number => {
  const key = COUNTERS[i]!;
  const account = cluster.shards[cluster.shardOf(key)]!.machine!.read(key, Number.MAX_SAFE_INTEGER).slice(8);
  return Number(new DataView(account.buffer).getBigUint64(88, true));
};

describe("programs", () => {
  it("run, called by a transaction or by another program, wherever they and what they write are", () => {
    const workload = [0, 1, 2, 3, 6, 7].map((counter, i) =>
      batch(i, i * 30, 0, [transfer(HOT[0]!, COLD[0]!, 1n), count(counter, i), countThroughCall(counter, i)]),
    );
    const outcome = play({ workload, ...acting });
    if (outcome.failure) throw outcome.failure;
    expect([0, 1, 2, 3, 6, 7].map((i) => counted(outcome, i))).toEqual([2, 20, 200, 2000, 2, 20]);
  });

  it("that are upgraded or deployed run as they are now from the next block on, on every shard", () => {
    const pay = transfer(HOT[0]!, COLD[0]!, 1n);
    const call = (number: number, atMs: number, counters: readonly number[]) =>
      batch(number, atMs, 0, ...counters.map((i) => [transfer(COLD[i]!, COLD[15]!, 1n), count(i, number)]));
    const outcome = play({
      shape: { shards: 8 },
      workload: [
        call(1, 0, [0, 1, 2, 6, 7, 8, 4]),
        batch(2, 200, 0, [pay, upgrade(UPGRADEABLE[0]!, BUFFERS[0]!)], [pay, deploy(FRESH[0]!, BUFFERS[1]!)]),
        call(3, 400, [0, 1, 2, 6, 7, 8, 4, 10]),
        batch(4, 600, 0, [pay, close(UPGRADEABLE[1]!)]),
        call(5, 800, [0, 1, 2, 6, 7, 8]),
      ],
      ...acting,
    });
    if (outcome.failure) throw outcome.failure;
    expect([0, 6].map((i) => counted(outcome, i))).toEqual(Array(2).fill(1 + 2 * BUFFER_STEPS[0]!));
    expect([1, 7].map((i) => counted(outcome, i))).toEqual([20, 20]);
    expect([2, 8].map((i) => counted(outcome, i))).toEqual([300, 300]);
    expect([4, 10].map((i) => counted(outcome, i))).toEqual(Array(2).fill(BUFFER_STEPS[1]!));
  });
});

describe("the data of a program", () => {
  const calls = Array.from({ length: 10 }, (_, i) =>
    batch(i, i * 40, 0, ...[0, 1, 2, 6, 7].map((c) => [transfer(COLD[c]!, COLD[15]!, 1n), count(c, i)])),
  );
  const codes = (kill: "from" | "to" | "none", lose: boolean, of: "code" | "codeWanted"): Scenario => ({
    workload: calls,
    onMessage: (p, from, to, message) => {
      if (message.type !== of || p.acted > 6) return undefined;
      p.acted++;
      if (kill !== "none") p.kill(kill === "from" ? from : to, 20);
      return lose ? "lose" : undefined;
    },
  });
  const run = (scenario: Scenario): void => {
    const outcome = play(scenario);
    if (outcome.failure) throw outcome.failure;
    expect(outcome.acted).toBeGreaterThan(2);
    expect(outcome.verdict!.landed).toBe(50);
  };

  it("come again when the question or the answer is lost", () => {
    run(codes("none", true, "codeWanted"));
    run(codes("none", true, "code"));
  });
  it("come again when the lender dies over the answer", () => {
    run(codes("from", true, "code"));
    run(codes("to", true, "codeWanted"));
  });
  it("come again when the borrower dies before or after it has them", () => {
    run(codes("from", false, "codeWanted"));
    run(codes("to", false, "code"));
  });
  it("are not taken from a lender that sends others", () => {
    const outcome = play({
      workload: calls,
      onMessage: (p, _from, _to, message) => {
        if (message.type !== "code" || p.acted >= 4) return undefined;
        p.acted++;
        const code = message.code.slice();
        code[600]! ^= 1;
        return [{ ...message, code }];
      },
      ignoreRepeats: true,
    });
    if (outcome.failure) throw outcome.failure;
    expect(outcome.acted).toBe(4);
    expect(outcome.verdict!.landed).toBe(50);
  });
  it("travel once to each shard that calls it, however often it is called", () => {
    let sent = 0;
    const pairs = new Set<string>();
    const outcome = play({
      workload: calls,
      onMessage: (p, from, to, message) => {
        if (message.type !== "code") return undefined;
        p.acted++;
        sent++;
        pairs.add(`${from} ${to} ${hex(message.code.subarray(0, 32))}`);
        return undefined;
      },
    });
    if (outcome.failure) throw outcome.failure;
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBe(pairs.size);
  });
});

describe("a program of 10 MiB", () => {
  const MAX_DATA = 10 << 20;
  const large = SCENARIO_SHAPE.accounts.map((account) => {
    const isLarge = hex(account.key) === hex(programdataOf(UPGRADEABLE[0]!)) || hex(account.key) === hex(BUFFERS[0]!);
    if (!isLarge) return account;
    const data = new Uint8Array(hex(account.key) === hex(BUFFERS[0]!) ? MAX_DATA - 8 : MAX_DATA);
    data.set(account.data);
    return { ...account, lamports: 80_000_000_000n, data };
  });
  const others = COUNTERS.map((_, i) => i).filter((i) => i % 6 < 4);
  const call = (number: number, atMs: number) =>
    batch(number, atMs, 0, ...others.map((i) => [transfer(COLD[i]!, COLD[i]!, 1n), count(i, number)]));

  it("runs on all shards, is upgraded, evicted, written to checkpoints and read from them, over deaths of everybody", () => {
    const sizes = { loan: 0, return: 0, code: 0 };
    const outcome = play({
      shape: { accounts: large, memoryBytes: 0, checkpointRows: 2, shards: 4, pageBytes: 65_536 },
      workload: [
        call(1, 0),
        call(2, 300),
        batch(3, 600, 0, [transfer(HOT[0]!, COLD[0]!, 1n), upgrade(UPGRADEABLE[0]!, BUFFERS[0]!)]),
        call(4, 1200),
        call(5, 2500),
      ],
      prepare: (p) => {
        for (const [i, host] of p.cluster.shards.entries()) {
          p.cluster.scheduler.after(200 + 130 * i, () => host.kill(10));
          p.cluster.scheduler.after(610 + 40 * i, () => host.kill(10));
        }
        p.cluster.scheduler.after(1210, () => p.cluster.blackout(20));
      },
      onMessage: (p, _from, _to, message) => {
        if (message.type === "loan" || message.type === "return") {
          sizes[message.type] = Math.max(sizes[message.type], message.accounts.length);
        }
        if (message.type === "code") {
          p.acted++;
          sizes.code = Math.max(sizes.code, message.code.length);
        }
        return undefined;
      },
    });
    if (outcome.failure) throw outcome.failure;
    expect(outcome.acted).toBeGreaterThan(0);
    expect([0, 6].map((i) => counted(outcome, i))).toEqual(Array(2).fill(2 + 2 * BUFFER_STEPS[0]!));
    expect(sizes.code).toBe(32 + MAX_DATA);
  });
});

describe("the builder dies", () => {
  const dying = (on: "block" | "stored" | "proposal", loses: boolean): Scenario => {
    const seen = new Set<number>();
    return {
      workload: naive,
      onMessage: (p, _from, _to, message) => {
        if (message.type !== on || seen.has(message.slot) || p.acted > 8) return undefined;
        seen.add(message.slot);
        p.acted++;
        p.kill("builder");
        return loses ? "lose" : undefined;
      },
    };
  };

  it("when it sends a block with what was put off, and the block is lost", () => {
    good(play(dying("block", true)));
  });
  it("when it sends such a block, and the ledger stores it", () => {
    good(play(dying("block", false)));
  });
  it("when the block is stored and nobody told it", () => {
    good(play(dying("stored", true)));
  });
  it("when it has the proposal of the next slot in storage, and nobody has it", () => {
    good(play(dying("proposal", true)));
  });
  it("when the proposal of the next slot is under way", () => {
    good(play(dying("proposal", false)));
  });
  it("while what was put off waits again", () => {
    for (let afterMs = 1; afterMs <= 20; afterMs += 3) {
      const seen = new Set<number>();
      const scenario: Scenario = {
        workload: naive,
        onMessage: (p, _from, _to, message) => {
          if (message.type !== "stored" || message.slot === 0 || seen.has(message.slot) || p.acted > 8)
            return undefined;
          seen.add(message.slot);
          p.acted++;
          p.cluster.scheduler.after(2 + afterMs, () => p.cluster.builder.kill(5));
          return undefined;
        },
      };
      good(play(scenario));
    }
  });
});

describe("the oracle notices", () => {
  it("a builder that does not store what was put off before it sends the block", () => {
    const seen = new Set<number>();
    const outcome = play({
      workload: naive,
      sabotage: {
        writes: (_id, writes) => writes.filter(({ table, type }) => table !== "deferred" || type === "delete"),
      },
      onMessage: (p, _from, _to, message) => {
        if (message.type !== "stored" || seen.has(message.slot)) return undefined;
        seen.add(message.slot);
        p.kill("builder");
        return "lose";
      },
    });
    expect(outcome.failure?.kind).toBe("liveness");
    expect(outcome.failure?.message).toContain("put off");
  });

  it("a shard that runs a program as it was before its upgrade", () => {
    // The lender names the hash that it has named first, whatever the program has become.
    const first = new Map<string, Uint8Array>();
    let stale = 0;
    const lent = (loan: Uint8Array): Uint8Array =>
      resent(loan, (list) =>
        changed(list, (stub) => {
          if (stub[85] !== 1) return stub;
          const name = hex(stub.subarray(0, 32));
          const hash = first.get(name);
          if (!hash) first.set(name, stub.slice(88));
          else if (hex(hash) !== hex(stub.subarray(88))) {
            stub.set(hash, 88);
            stale++;
          }
          return stub;
        }),
      );
    const pay = transfer(HOT[0]!, COLD[0]!, 1n);
    const calls = (number: number, atMs: number) =>
      batch(number, atMs, 0, ...[0, 1, 2, 6, 7, 8].map((c) => [transfer(COLD[c]!, COLD[c]!, 1n), count(c, number)]));
    const outcome = play({
      shape: { shards: 8 },
      workload: [
        calls(1, 0),
        batch(2, 200, 0, ...UPGRADEABLE.map((program, i) => [pay, upgrade(program, BUFFERS[i]!)])),
        calls(3, 400),
      ],
      sabotage: { engine: (engine) => wrap(engine, { loan: (to) => lent(engine.loan(to)) }) },
    });
    expect(stale).toBeGreaterThan(0);
    expect(["results", "state"]).toContain(outcome.failure?.kind);
  });

  it("a planner that drops what it is to take again", () => {
    const outcome = play({
      workload: naive,
      sabotage: { planner: (planner) => wrap(planner, { readmit: () => true }) },
    });
    expect(outcome.failure?.kind).toBe("liveness");
  });
});
