/** The long runs in small, and that what they check can fail. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ledgerShape } from "../../shared/ledger/ledger-shape.ts";
import { ShardEngine } from "../../shared/state/shard-engine.ts";
import { Chain, GENESIS_HASH } from "./chain.ts";
import { Feed } from "./feed.ts";
import { historyRun } from "./history.ts";
import { Landed } from "./landed.ts";
import { lookupsRun } from "./lookups.ts";
import { Transfers } from "./transfers.ts";
import { windowRun } from "./window.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "infinisvm-longrun-test-"));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});
const input = (count: number, generationBytes = 8_000_000_000) => {
  const said: number[] = [];
  return { said, run: { count, generationBytes, folder: join(folder, "objects"), say: (n: number) => said.push(n) } };
};

describe("messages of one blockhash window", () => {
  // So many that the shards take checkpoints: tags come back from rows of their own.
  const COUNT = 80_000;

  it("all land once, though objects die and many are offered again; each of those is refused", async () => {
    const { said, run } = input(COUNT);
    const report = await windowRun(run);
    expect(report).toMatchObject({ messages: COUNT, landed: COUNT, crashes: 20 });
    expect(report.offeredAgain).toBeGreaterThan(COUNT / 20);
    expect(report.refused).toBe(report.offeredAgain + report.resent);
    expect(report.heights).toBeLessThan(150);
    expect(said.at(-1)).toBeGreaterThan(COUNT / 2);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("the run fails where shards forget what has landed when they start again", async () => {
    vi.spyOn(ShardEngine.prototype, "loadKnown").mockImplementation(() => {});
    await expect(windowRun(input(COUNT).run)).rejects.toThrow(
      /^transfer \d+ landed in slot \d+ and again in slot \d+$/,
    );
  });
});

describe("what has landed, by the blocks", () => {
  async function chainOf(count: number) {
    const transfers = new Transfers(50);
    const landed = new Landed(transfers, count);
    const blocks: [number, Uint8Array][] = [];
    const chain = new Chain({
      folder: join(folder, "objects"),
      shards: 2,
      lanes: 1,
      keys: [...transfers.keys, transfers.rare],
      ledger: ledgerShape(),
      onBlock: (slot, block) => blocks.push([slot, block]),
    });
    const feed = new Feed(chain, transfers, landed);
    await feed.run({ first: 1, last: count, perSlot: count, blockhash: () => GENESIS_HASH, crashEvery: 0 });
    chain.close();
    return { landed, blocks };
  }

  it("a block twice, a transfer that is missing and a repeat that nobody refused are errors", async () => {
    const { landed, blocks } = await chainOf(20);
    expect(blocks).toHaveLength(1);
    const [slot, block] = blocks[0]!;
    expect(() => landed.demandAll(20)).toThrow("transfer 1 of 20 has not landed");
    landed.block(slot, block);
    landed.demandAll(20);
    expect(landed).toMatchObject({ landed: 20, refused: 0, resent: 0, blocks: 1 });
    expect(() => landed.block(slot + 1, block)).toThrow(/^transfer \d+ landed in slot 1 and again in slot 2$/);
    expect([landed.offer(7), landed.offer(7), landed.offer(21)]).toEqual([true, false, false]);
    expect(() => landed.demandAll(20)).toThrow("1 offered again were not refused");
  });

  it("a transfer that nobody has sent is an error", async () => {
    const { blocks } = await chainOf(20);
    const fewer = new Landed(new Transfers(50), 10);
    expect(() => fewer.block(...blocks[0]!)).toThrow(/^a transfer (1[1-9]|20) was never sent$/);
  });
});

describe("many generations", () => {
  it("of 2 MB: no object is above its size, and transactions, blocks and histories are read over all", async () => {
    const report = await historyRun(input(40_000, 2_000_000).run);
    expect(report).toMatchObject({ transactions: 40_000, limit: 2_500_000, addressEntries: 4, readTransactions: 500 });
    expect(report.generations).toBeGreaterThan(8);
    expect(report.indexGenerations).toBeGreaterThan(1);
    expect(report.largestLedger.bytes).toBeGreaterThan(1_500_000);
    expect(report.largestIndex.bytes).toBeGreaterThan(500_000);
    expect(report.readBlocks).toBe(report.slots);
  });

  it("ends early when it is told to, and judges what there is", async () => {
    const { said, run } = input(40_000, 2_000_000);
    const report = await historyRun({ ...run, stops: () => said.length === 20 });
    expect(report).toMatchObject({ transactions: 8_000, readTransactions: 500 });
    expect(report.generations).toBeGreaterThan(1);
  });

  it("an object above its size is named", async () => {
    // The tables alone are larger than such a generation with its quarter.
    await expect(historyRun(input(30, 4_000).run)).rejects.toThrow(/^ledger-\d+ has \d+ bytes, more than 5000$/);
  });
});

describe("lookups after many transactions", () => {
  it("find what was sent and nothing else, in few generations and in many", async () => {
    const report = await lookupsRun(input(30_000, 3_000_000).run);
    expect(report).toMatchObject({ transactions: 30_000, fresh: 15_000 });
    expect(report.generations).toBeGreaterThan(3);
    for (const us of Object.values(report.lateUs)) expect(us).toBeGreaterThan(0);
    expect(report.lookupAfterHistoryRatio).toBe(report.ratios.unknownOne);
  });
});

describe("npm run longrun", () => {
  const run = (...args: string[]) => {
    const main = join(import.meta.dirname, "main.ts");
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: "utf8" });
    return { status, stdout, stderr };
  };

  it("refuses what it does not know, with one line", () => {
    expect(run("forever")).toMatchObject({ status: 2, stderr: "longrun: name one of window, lookups, history\n" });
    expect(run("window", "--count", "5")).toMatchObject({
      status: 2,
      stderr: 'longrun: --count takes a whole number from 10000 to 100000000, not "5"\n',
    });
    expect(run("window", "--minutes", "5")).toMatchObject({
      status: 2,
      stderr: "longrun: --minutes is for history: the others need all of their transactions\n",
    });
    expect(run("history", "--folder", join(folder, "nowhere"))).toMatchObject({
      status: 2,
      stderr: `longrun: there is no folder ${join(folder, "nowhere")}\n`,
    });
  });

  it("prints a result and leaves nothing behind", () => {
    const { status, stdout } = run("window", "--count", "10000", "--folder", folder, "--json");
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ run: "window", landed: 10_000, crashes: 20 });
    expect(readdirSync(folder)).toEqual([]);
  });
});
