import { describe, expect, test } from "vitest";
import { ErrorCode } from "../../../shared/errors/codes.ts";
import { type Batch, packTransactions, WAITING } from "../../../shared/ingest/batch.ts";
import { IngestClient, type IngestOptions } from "../../../shared/ingest/client.ts";
import { CLOSE, KIND } from "../../../shared/ingest/protocol.ts";
import { PostTransport, StreamTransport } from "../../../shared/ingest/transport.ts";
import { signatureOf } from "./block.ts";
import { FakeNetwork, KINDS, transaction } from "./fake-network.ts";

const stream = (network: FakeNetwork, options: IngestOptions = {}) =>
  new IngestClient(new StreamTransport(network.connect, network.timer), network.timer, options);
const post = (network: FakeNetwork, options: IngestOptions = {}) =>
  new IngestClient(new PostTransport(network.post), network.timer, options);

const many = (count: number, from = 0, kind: number = KINDS.GOOD) =>
  Array.from({ length: count }, (_, i) => transaction(from + i, kind));
const names = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => Buffer.from(signatureOf(from + i)).toString("latin1"));
const fates = (batch: Batch) => Array.from({ length: batch.count }, (_, i) => batch.fate(i));

describe("over the stream", () => {
  test("each transaction has its own fate", async () => {
    const network = new FakeNetwork(1);
    const client = stream(network);
    const transactions = Object.values(KINDS).map((kind, n) => transaction(n, kind));
    const batch = await network.settled(client.submit(transactions));
    expect(fates(batch)).toEqual(["confirmed", "failed", "refused", "expired", "not-landed"]);
    expect([batch.slot(0), batch.slot(1), batch.slot(2)]).toEqual([11, 11, 0]);
    expect([batch.code(0), batch.code(2)]).toEqual([0, ErrorCode.PARSE_TRUNCATED]);
    expect([batch.error(0), batch.error(1), batch.error(4)]).toEqual([
      null,
      { txError: 9, errorIndex: 0, instructionError: 0, customCode: 0 },
      { txError: 5, errorIndex: 0, instructionError: 0, customCode: 0 },
    ]);
    expect([client.outstanding, client.queued]).toEqual([0, 0]);
    expect(client.height).toBeGreaterThan(170);
  });

  test("a large batch goes in messages of bounded size, in order", async () => {
    const network = new FakeNetwork(2);
    const client = stream(network, { messageTransactions: 100 });
    const batch = await network.settled(client.submit(packTransactions(many(1_050))));
    expect(new Set(fates(batch))).toEqual(new Set(["confirmed"]));
    expect(network.requests.map(({ count }) => count)).toEqual([...Array(10).fill(100), 50]);
    expect(network.taken).toEqual(names(1_050));
    const bytes = new FakeNetwork(2);
    await bytes.settled(stream(bytes, { messageBytes: 1_000 }).submit(many(100)));
    expect(Math.max(...bytes.requests.map(({ count }) => count))).toBeLessThanOrEqual(13);
  });

  test("the window bounds what is under way", async () => {
    const network = new FakeNetwork(3);
    const client = stream(network, { window: 250, messageTransactions: 100 });
    let most = 0;
    const onProgress = () => {
      most = Math.max(most, client.outstanding);
    };
    const batch = client.submit(many(1_000), { onProgress });
    await network.until(() => network.requests.length > 0);
    expect(client.outstanding).toBe(200);
    expect(client.queued).toBe(800);
    await network.settled(batch);
    expect(most).toBeLessThanOrEqual(250);
  });

  test("busy: in order, one message at a time, with growing pauses; then at full speed", async () => {
    const network = new FakeNetwork(4);
    network.full = true;
    const client = stream(network, { messageTransactions: 10, window: 30 });
    const batch = client.submit(many(100));
    await network.until(() => network.requests.length >= 9);
    const times = network.requests.slice(3).map(({ at }) => at);
    const pauses = times.slice(1).map((at, i) => at - times[i]!);
    for (let i = 1; i < pauses.length; i++) expect(pauses[i]).toBeGreaterThanOrEqual(pauses[i - 1]!);
    expect(pauses.at(-1)).toBeGreaterThan(200);
    network.full = false;
    await network.settled(batch);
    expect(network.taken).toEqual(names(100));
    expect(client.busyAnswers).toBeGreaterThan(60);
  });

  test("what was never taken is reported as expired beyond its height, and not sent again", async () => {
    const network = new FakeNetwork(5);
    const client = stream(network, { messageTransactions: 10 });
    // Something that waits: with it comes the height.
    const other = client.watch(signatureOf(1_000));
    await network.until(() => client.height > 0);
    network.full = true;
    const batch = await network.settled(client.submit(many(20), { lastValidBlockHeight: client.height + 20 }));
    expect(new Set(fates(batch))).toEqual(new Set(["expired"]));
    expect(network.taken).toEqual([]);
    expect((await network.settled(other)).fate(0)).toBe("expired");
  });

  test("refused for its blockhash: expired; but one that may have been taken before is asked for", async () => {
    const network = new FakeNetwork(6);
    const client = stream(network);
    network.stale = true;
    expect(fates(await network.settled(client.submit(many(2))))).toEqual(["expired", "expired"]);
    network.stale = false;
    const batch = client.submit(many(2, 10));
    // The network has it, the answer is lost, and when the client is back the blockhash is too old.
    await network.until(() => network.taken.length === 2);
    network.break(network.connections[0]!);
    network.stale = true;
    expect(fates(await network.settled(batch))).toEqual(["confirmed", "confirmed"]);
    expect(network.requests.map(({ kind }) => kind)).toEqual([
      KIND.SUBMIT,
      KIND.SUBMIT,
      KIND.SUBMIT_AGAIN,
      KIND.WATCH_AGAIN,
    ]);
  });

  test("a connection that breaks when half of a message is taken and half was busy: each half goes its way, once", async () => {
    const network = new FakeNetwork(7);
    network.halfFull = true;
    const client = stream(network);
    const batch = client.submit(many(10));
    await network.until(() => client.busyAnswers > 0);
    expect([client.outstanding, client.queued]).toEqual([5, 5]);
    network.break(network.connections[0]!);
    network.halfFull = false;
    await network.until(() => client.queued === 10);
    expect(client.outstanding).toBe(0);
    expect(new Set(fates(await network.settled(batch)))).toEqual(new Set(["confirmed"]));
    expect([client.outstanding, client.queued]).toEqual([0, 0]);
    expect(network.taken).toEqual(names(10));
    const kinds = network.requests.map(({ kind, count }) => [kind, count]);
    expect(kinds).toEqual([
      [KIND.SUBMIT, 10],
      [KIND.WATCH_AGAIN, 5],
      [KIND.SUBMIT, 5],
    ]);
  });

  test("a connection that breaks after the answer: the outcomes are asked for, nothing is sent again", async () => {
    const network = new FakeNetwork(7);
    const client = stream(network);
    const batch = client.submit(many(5));
    let taken = 0;
    await network.until(() => {
      taken = client.outstanding;
      return network.taken.length === 5 && network.now > 5;
    });
    expect(taken).toBe(5);
    network.break(network.connections[0]!);
    await network.settled(batch);
    expect(network.taken).toHaveLength(5);
    expect(network.requests.at(-1)!.kind).toBe(KIND.WATCH_AGAIN);
  });

  test.for(Array.from({ length: 40 }, (_, i) => i + 1))(
    "seed %i: busy lanes, breaking connections, late registrations: every fate is told, once, and is the truth",
    async (seed) => {
      const network = new FakeNetwork(seed, { busy: 0.2, breaks: 0.05, unwatched: 0.05, delayMs: 120 });
      const client = stream(network, { messageTransactions: 7, window: 100 });
      const seen: Batch[] = [];
      const batches: Promise<Batch>[] = [];
      for (let n = 0; n < 30; n++) {
        const kinds = Array.from({ length: 20 }, () =>
          network.chance(0.1) ? network.below(Object.keys(KINDS).length) : KINDS.GOOD,
        );
        const transactions = kinds.map((kind, i) => transaction(n * 20 + i, kind));
        const batch = client.submit(transactions);
        batches.push(batch);
        batch.then((done) => seen.push(done));
        await network.until(() => network.below(3) === 0);
        const told = await network.settled(Promise.race([batch, client.ready()]).then(() => true));
        expect(told).toBe(true);
        void batch.then((done) => {
          const word: Record<number, string> = {
            [KINDS.GOOD]: "confirmed",
            [KINDS.FAILS]: "failed",
            [KINDS.REFUSED]: "refused",
            [KINDS.NEVER_LANDS]: "expired",
            [KINDS.NO_FUNDS]: "not-landed",
          };
          for (const [i, kind] of kinds.entries()) {
            // A transaction without funds may be sent again without knowing: then nobody tells that it was left out.
            if (kind === KINDS.NO_FUNDS) expect(["not-landed", "expired"]).toContain(done.fate(i));
            else expect(done.fate(i)).toBe(word[kind]);
          }
        });
      }
      await network.settled(Promise.all(batches));
      expect(seen).toHaveLength(30);
      for (const batch of seen) {
        expect([batch.settled, batch.counts[WAITING]]).toEqual([batch.count, 0]);
        for (let i = 0; i < batch.count; i++) {
          const landed = network.landed.get(Buffer.from(batch.signature(i)).toString("latin1"));
          if (batch.fate(i) === "confirmed" || batch.fate(i) === "failed") expect(batch.slot(i)).toBe(landed?.slot);
          else expect(landed).toBeUndefined();
        }
      }
      expect([client.outstanding, client.queued]).toEqual([0, 0]);
    },
  );

  test("send: one promise each, gathered into one message", async () => {
    const network = new FakeNetwork(8);
    const client = stream(network);
    const all = Promise.all([
      client.send(transaction(1)),
      client.send(transaction(2, KINDS.FAILS)),
      client.send(transaction(3, KINDS.REFUSED)),
    ]);
    const statuses = await network.settled(all);
    expect(statuses.map(({ fate }) => fate)).toEqual(["confirmed", "failed", "refused"]);
    expect(statuses[1]).toMatchObject({ slot: 11, error: { txError: 9 } });
    expect(network.requests).toHaveLength(1);
  });

  test("a slow neighbour does not hold up who is done", async () => {
    const network = new FakeNetwork(9);
    const client = stream(network);
    const slow = client.send(transaction(1, KINDS.NEVER_LANDS));
    const status = await network.settled(client.send(transaction(2)));
    expect(status.fate).toBe("confirmed");
    expect(client.height).toBeLessThan(20);
    expect((await network.settled(slow)).fate).toBe("expired");
  });

  test("the same transaction twice: both are told, it lands once", async () => {
    const network = new FakeNetwork(10);
    const client = stream(network);
    const batch = await network.settled(client.submit([transaction(1), transaction(1)]));
    const again = await network.settled(client.submit([transaction(1)]));
    expect([...fates(batch), ...fates(again)]).toEqual(["confirmed", "confirmed", "confirmed"]);
    expect(network.landed.size).toBe(1);
  });

  test("watching what others send", async () => {
    const network = new FakeNetwork(11);
    const client = stream(network);
    const watched = client.watch(Buffer.concat([signatureOf(1), signatureOf(2)]));
    await network.until(() => network.requests.length === 1);
    await network.settled(stream(network).submit([transaction(2), transaction(1, KINDS.FAILS)]));
    expect(fates(await network.settled(watched))).toEqual(["failed", "confirmed"]);
    expect(network.requests[0]!.kind).toBe(KIND.WATCH_AGAIN);
    // It has landed already: nobody but the ledger knows.
    await network.until(() => network.slot > 400);
    const late = await network.settled(client.watch(signatureOf(2)));
    expect([late.fate(0), late.slot(0)]).toEqual(["confirmed", network.landed.values().next().value!.slot]);
    void client.watch(signatureOf(7), { fresh: true });
    await network.until(() => network.requests.at(-1)!.kind === KIND.WATCH);
    expect(() => client.watch(new Uint8Array(63))).toThrow(RangeError);
  });

  test("an empty batch is done; one whose lengths do not add up is refused at once", async () => {
    const client = stream(new FakeNetwork(12));
    expect((await client.submit([])).done).toBe(true);
    expect(() => client.submit(Uint8Array.of(5, 0, 1))).toThrow(RangeError);
  });

  test("more than fits into the queue is not accepted", async () => {
    const network = new FakeNetwork(13);
    const client = stream(network, { maxQueued: 100, window: 10 });
    const first = client.submit(many(90));
    await expect(client.submit(many(20, 100))).rejects.toMatchObject({ code: "full" });
    let ready = false;
    client.ready().then(() => {
      ready = true;
    });
    await network.until(() => ready);
    expect(client.queued).toBeLessThan(10);
    await network.settled(first);
  });

  test("closing rejects what has no last word, and what comes later", async () => {
    const network = new FakeNetwork(14);
    const client = stream(network);
    const open = [client.submit(many(3)), client.send(transaction(9))];
    await network.until(() => network.requests.length > 0);
    client.close();
    for (const promise of open) await expect(promise).rejects.toMatchObject({ code: "closed" });
    await expect(client.submit(many(1))).rejects.toMatchObject({ code: "closed" });
    await expect(client.send(transaction(1))).rejects.toMatchObject({ code: "closed" });
    await expect(client.ready()).rejects.toMatchObject({ code: "closed" });
  });

  test("a network that calls the client's messages malformed, or sends nonsense, ends it", async () => {
    const network = new FakeNetwork(15);
    const client = stream(network);
    const batch = client.submit(many(3));
    await network.until(() => network.requests.length > 0);
    network.break(network.connections[0]!, CLOSE.MALFORMED);
    await expect(network.settled(batch)).rejects.toMatchObject({ code: "failed" });
    const other = stream(network);
    const open = other.submit(many(3, 10));
    await network.until(() => network.requests.length > 1);
    network.connections.at(-1)!.handlers.message(Uint8Array.of(77, 0));
    await expect(network.settled(open)).rejects.toMatchObject({ code: "failed" });
  });
});

describe("over POST", () => {
  test("taken is the last word", async () => {
    const network = new FakeNetwork(1);
    const client = post(network, { messageTransactions: 10 });
    const batch = await network.settled(client.submit([...many(25), transaction(99, KINDS.REFUSED)]));
    expect(new Set(fates(batch).slice(0, 25))).toEqual(new Set(["taken"]));
    expect([batch.fate(25), batch.code(25)]).toEqual(["refused", ErrorCode.PARSE_TRUNCATED]);
    expect(await network.settled(client.send(transaction(200)))).toMatchObject({ fate: "taken" });
    expect(() => client.watch(signatureOf(1))).toThrow(TypeError);
  });

  test("busy lanes and lost answers: everything is taken in the end, and lands once", async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const network = new FakeNetwork(seed, { busy: 0.3, lostAnswers: 0.2, delayMs: 60 });
      const batch = await network.settled(post(network, { messageTransactions: 9 }).submit(many(200)));
      expect(new Set(fates(batch))).toEqual(new Set(["taken"]));
      await network.until(() => network.landed.size === 200);
    }
  });

  test("busy: again in order", async () => {
    const network = new FakeNetwork(3);
    network.full = true;
    const batch = post(network, { messageTransactions: 10 }).submit(many(50));
    await network.until(() => network.requests.length > 8);
    network.full = false;
    await network.settled(batch);
    expect(network.taken).toEqual(names(50));
  });
});
