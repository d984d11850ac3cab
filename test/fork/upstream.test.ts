/** What a fork asks of a cluster that it does not trust. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { FolderCache, MemoryCache } from "../../infra/fork/cache.ts";
import { checkForkOptions, openFork } from "../../infra/fork/index.ts";
import { forkService } from "../../infra/fork/service.ts";
import { ForkSource } from "../../infra/fork/source.ts";
import { Upstream, UpstreamDown } from "../../infra/fork/upstream.ts";
import { decodeAccountsAnswer, FORK_STATUS } from "../../shared/fork/protocol.ts";
import { concatBytes } from "../../shared/protocol/bytes.ts";
import { encodeBase58 } from "../../shared/rpc/base58.ts";
import type { Account } from "../../shared/state/accounts.ts";
import { RecordedUpstream } from "./recorded-upstream.ts";

const U64_MAX = 0xffff_ffff_ffff_ffffn;
function key(number: number): Uint8Array {
  const bytes = new Uint8Array(32).fill(1);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}
const account = (number: number, data = new Uint8Array(0)): Account => ({
  key: key(number),
  owner: key(0),
  lamports: U64_MAX - BigInt(number),
  rentEpoch: U64_MAX,
  executable: false,
  data,
});

class Setup {
  readonly lines: string[] = [];
  readonly pauses: number[] = [];
  now = 0;
  readonly warn = (line: string) => void this.lines.push(line);
  readonly upstream: Upstream;
  constructor(recorded: RecordedUpstream, maxAnswerBytes?: number) {
    const sleep = async (ms: number) => void this.pauses.push(ms);
    this.upstream = new Upstream({
      url: recorded.url,
      warn: this.warn,
      sleep,
      now: () => this.now,
      ...(maxAnswerBytes && { maxAnswerBytes }),
    });
  }
  source(cache = new MemoryCache(), slot?: number): ForkSource {
    return new ForkSource({ cache, upstream: this.upstream, slot, warn: this.warn });
  }
}

const folders: string[] = [];
function folder(): string {
  folders.push(mkdtempSync(join(tmpdir(), "infinisvm-fork-")));
  return folders.at(-1)!;
}
afterEach(() => {
  for (const one of folders.splice(0)) rmSync(one, { recursive: true, force: true });
});

describe("a fork's upstream", () => {
  const slot = z.number();

  it("is asked again after a pause where that may help, not longer than it asks for", async () => {
    await using recorded = await RecordedUpstream.open();
    const setup = new Setup(recorded);
    let answers = 0;
    recorded.fault = (_, response) => {
      if (answers++ >= 2) return false;
      response.writeHead(429, { "retry-after": answers === 1 ? "1" : "3600" }).end();
      return true;
    };
    expect(await setup.upstream.call("getSlot", [], slot)).toBe(250_000_000);
    expect(setup.pauses).toEqual([1_000, 2_000]);
    expect(setup.lines).toEqual([]);
  });

  it("rests longer and longer, a line when it stops and one when it answers again", async () => {
    await using recorded = await RecordedUpstream.open();
    const setup = new Setup(recorded);
    recorded.fault = (_, response) => {
      response.writeHead(500).end();
      return true;
    };
    const ask = () => setup.upstream.call("getSlot", [], slot);
    await expect(ask()).rejects.toBeInstanceOf(UpstreamDown);
    expect(recorded.calls).toHaveLength(3);
    await expect(ask()).rejects.toThrow("failed lately");
    expect(recorded.calls).toHaveLength(3);
    setup.now = 5_000;
    await expect(ask()).rejects.toBeInstanceOf(UpstreamDown);
    setup.now = 14_999;
    await expect(ask()).rejects.toThrow("failed lately");
    expect(recorded.calls).toHaveLength(6);
    recorded.fault = undefined;
    setup.now = 15_000;
    expect(await ask()).toBe(250_000_000);
    expect(setup.lines).toEqual([
      expect.stringMatching(/^fork: getSlot at 127\.0\.0\.1:\d+: status 500; what is not here counts as missing/),
      expect.stringMatching(/^fork: getSlot at 127\.0\.0\.1:\d+ answers again$/),
    ]);
  });

  it("follows no redirect, and takes nothing for an answer that is none", async () => {
    await using recorded = await RecordedUpstream.open();
    for (const [status, body, why] of [
      [302, "", /redirect/],
      [200, "<html>", /no JSON/],
      [200, '{"jsonrpc":"2.0"}', /another form|no JSON-RPC/],
      [200, '{"result":"soon"}', /another form/],
      [200, '{"error":{"code":-32600,"message":"no"}}', /no \(-32600\)/],
    ] as const) {
      const setup = new Setup(recorded);
      recorded.fault = (_, response) => {
        response.writeHead(status, { location: "http://127.0.0.1:1/" }).end(body);
        return true;
      };
      await expect(setup.upstream.call("getSlot", [], slot)).rejects.toThrow(why);
    }
  });
});

describe("accounts of a fork's upstream", () => {
  it("are asked for in batches of 100, each key once, with u64 that no double holds", async () => {
    await using recorded = await RecordedUpstream.open(Array.from({ length: 250 }, (_, i) => account(i)));
    const setup = new Setup(recorded);
    const source = setup.source(new MemoryCache(), 7);
    const keys = Array.from({ length: 260 }, (_, i) => key(i));
    const both = await Promise.all([source.accounts(keys), source.accounts(keys.slice(0, 100))]);
    expect(both[0].found.slice(0, 250)).toEqual(Array.from({ length: 250 }, (_, i) => account(i)));
    expect(both[0].found.slice(250)).toEqual(new Array(10).fill(null));
    expect(recorded.asked.map(({ length }) => length)).toEqual([100, 100, 60]);
    expect(recorded.calls[0]!.params[1]).toEqual({ encoding: "base64", commitment: "confirmed", minContextSlot: 7 });
    await source.accounts(keys);
    expect(recorded.asked).toHaveLength(3);
  });

  it("come in halves where the answer would be too large", async () => {
    const large = Array.from({ length: 6 }, (_, i) => account(i, new Uint8Array(8_000).fill(i)));
    await using recorded = await RecordedUpstream.open(large);
    const setup = () => new Setup(recorded, 48_000);
    const { found } = await setup()
      .source()
      .accounts(large.map(({ key }) => key));
    expect(found.map((one) => one?.data.length)).toEqual(new Array(6).fill(8_000));
    expect(recorded.asked.map(({ length }) => length)).toEqual([6, 3, 3]);
    // What does not fit into one answer to the edge is asked for again.
    const { body } = await forkService(setup().source(), 12_000)(
      "/accounts",
      concatBytes(...large.map(({ key }) => key)),
    );
    const answer = decodeAccountsAnswer(body, 6);
    const { PRESENT, LATER } = FORK_STATUS;
    expect([...answer.statuses]).toEqual([PRESENT, LATER, LATER, LATER, LATER, LATER]);
    expect(answer.accounts).toEqual([large[0]]);
  });

  it("are not taken where they could be none", async () => {
    await using recorded = await RecordedUpstream.open();
    const good = { lamports: 1, owner: encodeBase58(key(0)), executable: false, rentEpoch: 0, data: ["", "base64"] };
    for (const bad of [
      { ...good, lamports: -1 },
      { ...good, owner: "me" },
      { ...good, data: ["%", "base64"] },
      { ...good, data: ["A".repeat(13_981_017), "base64"] },
      { ...good, data: ["", "base58"] },
    ]) {
      recorded.fault = (_, response) => {
        response.end(JSON.stringify({ result: { context: { slot: 1 }, value: [bad] } }));
        return true;
      };
      const setup = new Setup(recorded);
      expect((await setup.source().accounts([key(1)])).found).toEqual([undefined]);
      expect(setup.lines).toEqual([expect.stringContaining("an answer of another form")]);
    }
  });

  it("refuses what is no request", async () => {
    await using recorded = await RecordedUpstream.open();
    const service = forkService(new Setup(recorded).source());
    for (const [path, length] of [
      ["/accounts", 0],
      ["/accounts", 33],
      ["/accounts", 3232],
      ["/token-accounts", 65],
      ["/", 32],
    ] as const) {
      expect((await service(path, new Uint8Array(length))).status).toBe(400);
    }
    expect(recorded.calls).toEqual([]);
  });
});

describe("the folder of a fork", () => {
  it("keeps accounts as other tools write them, and asks again for what is damaged", async () => {
    const path = folder();
    const lines: string[] = [];
    const cache = new FolderCache(path, (line) => lines.push(line));
    const kept = [account(1, Uint8Array.of(1, 2)), account(2, new Uint8Array(9_000).fill(5))];
    for (const one of kept) cache.keep(one.key, one);
    cache.keep(key(3), null);
    cache.keepList("owner-a-b", [key(2), key(1)]);
    const again = new FolderCache(path, (line) => lines.push(line));
    expect(again.account(key(1))).toEqual(kept[0]);
    expect(again.account(key(2))).toEqual(kept[1]);
    expect(again.account(key(3))).toBeNull();
    expect(again.account(key(4))).toBeUndefined();
    expect(again.list("owner-a-b")).toHaveLength(2);
    const file = join(path, "accounts", `${encodeBase58(key(1))}.json`);
    expect(JSON.parse(readFileSync(file, "utf8")).account.data).toEqual(["AQI=", "base64"]);
    expect(lines).toEqual([]);
    writeFileSync(file, "{}");
    expect(again.account(key(1))).toBeUndefined();
    expect(lines).toEqual([expect.stringContaining("is not what")]);
    writeFileSync(join(path, "fork.json"), "[]");
    expect(() => new FolderCache(path, () => {})).toThrow(expect.objectContaining({ code: "bad-fork-cache" }));
  });

  it("belongs to one cluster and one slot", async () => {
    const path = folder();
    await using recorded = await RecordedUpstream.open();
    const begin = (slot?: number) => openFork({ url: recorded.url, cache: path, slot }, () => {}).source.begin();
    expect(await begin(1_000)).toMatchObject({ slot: 1_000, unixTimestamp: recorded.time });
    expect(await begin()).toMatchObject({ slot: 1_000 });
    await expect(begin(1_001)).rejects.toMatchObject({ code: "bad-fork-cache" });
    recorded.genesisHash = encodeBase58(key(1));
    await expect(begin()).rejects.toMatchObject({ code: "bad-fork-cache" });
    await expect(openFork({ url: recorded.url, slot: 250_000_001 }, () => {}).source.begin()).rejects.toMatchObject({
      code: "bad-option",
      message: expect.stringContaining("is in slot 250000000"),
    });
  });

  it("is asked for with options that make sense", () => {
    for (const options of [{}, { slot: 5 }, { url: "ftp://a" }, { url: "a" }, { url: "http://a", slot: -1 }]) {
      expect(() => checkForkOptions(options)).toThrow(expect.objectContaining({ code: "bad-option" }));
    }
    checkForkOptions({ cache: "a" });
    checkForkOptions({ url: "https://a", slot: 0 });
  });
});
