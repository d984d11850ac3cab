/** What stands for the platform in an in-process network: clock, randomness, sockets, objects. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";
import { describe, expect, it } from "vitest";
import { dateOf, ManualClock } from "../../testing/isolate/clock.ts";
import { BINDINGS, type ObjectClass, Objects } from "../../testing/isolate/objects.ts";
import { derive, IsolateCrypto, SeededBytes } from "../../testing/isolate/random.ts";
import { type Socket, SocketPair } from "../../testing/isolate/sockets.ts";
import { NetworkStorage, type ObjectTables } from "../../testing/isolate/storage.ts";

describe("a manual clock", () => {
  it("fires timers by time, then in the order in which they were set, and moves with them", () => {
    const clock = new ManualClock(1_000);
    const fired: string[] = [];
    const set = (name: string, delay: number) => clock.after(delay, () => fired.push(`${name} ${clock.now()}`));
    set("late", 50);
    const cancelled = set("never", 20);
    for (const name of ["a", "b", "c"]) set(name, 10);
    set("now", -5);
    clock.cancel(cancelled);
    expect(clock.next).toBe(1_000);
    while (clock.next !== undefined) clock.fire();
    expect(fired).toEqual(["now 1000", "a 1010", "b 1010", "c 1010", "late 1050"]);
    clock.moveTo(500);
    expect(clock.now()).toBe(1_050);
  });

  it("keeps the order of many timers", () => {
    const clock = new ManualClock(0);
    const fired: number[] = [];
    const delays = Array.from({ length: 500 }, (_, i) => (i * 7_919) % 503);
    for (const delay of delays) clock.after(delay, () => fired.push(delay));
    while (clock.next !== undefined) clock.fire();
    expect(fired).toEqual([...delays].sort((a, b) => a - b));
  });

  it("is what Date says", () => {
    const clock = new ManualClock(86_400_000);
    const IsolateDate = dateOf(clock);
    expect([IsolateDate.now(), new IsolateDate().toISOString()]).toEqual([86_400_000, "1970-01-02T00:00:00.000Z"]);
    expect(new IsolateDate(5).getTime()).toBe(5);
  });
});

describe("randomness from a seed", () => {
  it("is the same again, another with another seed, and goes on in a copy", () => {
    const bytes = (source: SeededBytes, count = 40) => {
      const out = new Uint8Array(count);
      source.fill(out);
      return out;
    };
    const one = new SeededBytes(derive(1n, "random"));
    const first = bytes(one);
    expect(bytes(new SeededBytes(derive(1n, "random")))).toEqual(first);
    expect(bytes(new SeededBytes(derive(2n, "random")))).not.toEqual(first);
    const copy = one.copy();
    expect(bytes(copy)).toEqual(bytes(one));
    const uuid = new IsolateCrypto(one).randomUUID();
    expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});

const settled = () => new Promise((done) => setImmediate(done));

function heard(socket: Socket): string[] {
  const lines: string[] = [];
  socket.addEventListener("message", ({ data }) =>
    lines.push(typeof data === "string" ? data : `${data!.byteLength} bytes`),
  );
  socket.addEventListener("close", ({ code, reason, wasClean }) => lines.push(`close ${code} ${reason} ${wasClean}`));
  return lines;
}

describe("a pair of sockets", () => {
  it("passes on what is said in its order, also what was said before the other listened", async () => {
    const { 0: client, 1: server } = new SocketPair();
    const buffer = new Uint8Array(8).subarray(2, 5);
    client.send("one");
    client.send(buffer);
    client.close(1000, "done");
    await settled();
    const lines = heard(server);
    server.accept();
    expect(lines).toEqual(["one", "3 bytes", "close 1000 done true"]);
    expect([client.readyState, server.readyState]).toEqual([2, 3]);
    expect(() => client.send("more")).toThrow(TypeError);
    expect(() => server.close(1005)).not.toThrow();
    expect(() => new SocketPair()[0].close(999)).toThrow(TypeError);
  });

  it("answers by itself what its object said that it would, and notes when", async () => {
    const { 0: client, 1: server } = new SocketPair();
    const lines = heard(server);
    const answers = heard(client);
    server.accept();
    client.accept();
    server.autoResponse = { request: "ping", response: "pong", at: () => 7 };
    client.send("ping");
    client.send("other");
    await settled();
    expect([lines, answers, server.autoResponseAt]).toEqual([["other"], ["pong"], 7]);
    client.break("gone");
    await settled();
    expect([lines.at(-1), answers.at(-1)]).toEqual(["close 1006 gone false", "close 1006 gone false"]);
  });
});

function objectsWith(Class: ObjectClass, storage = new NetworkStorage()) {
  const clock = new ManualClock(0);
  const classes = Object.fromEntries(Object.keys(BINDINGS).map((name) => [name, Class]));
  const lines: string[] = [];
  const sockets = new Map();
  const track = <T>(work: Promise<T>) => work;
  const objects = new Objects({
    classes,
    variables: {},
    clock,
    storage,
    sockets,
    track,
    log: (line) => lines.push(line),
  });
  const env = objects.envOf(() => true) as Record<
    string,
    { get(name: string): Record<string, (...args: unknown[]) => Promise<unknown>> }
  >;
  return { clock, lines, objects, stub: (name: string) => env.LANE!.get(name) };
}

class Counter {
  static made = 0;
  readonly #ctx: { abort(reason: string): void; storage: { sql: ObjectTables; setAlarm(at: number): void } };
  count = 0;
  constructor(ctx: never) {
    this.#ctx = ctx;
    Counter.made++;
  }
  async add(): Promise<number> {
    this.count++;
    this.#ctx.storage.sql.open.put("rows", this.count, Uint8Array.of(this.count));
    return this.count;
  }
  async stored(): Promise<number[]> {
    return this.#ctx.storage.sql.open.ids("rows", 0, 100);
  }
  async fail(): Promise<void> {
    this.#ctx.abort("broken");
    throw new Error("broken");
  }
  async wake(at: number): Promise<void> {
    this.#ctx.storage.setAlarm(at);
  }
  async alarm(): Promise<void> {
    await this.add();
  }
}

describe("objects within a process", () => {
  it("have the bindings of wrangler.toml", () => {
    const config = parse(readFileSync(join(import.meta.dirname, "../../wrangler.toml"), "utf8")) as unknown as {
      durable_objects: { bindings: { name: string; class_name: string }[] };
    };
    const bindings = config.durable_objects.bindings.map(({ name, class_name }) => [class_name, name]);
    expect(Object.fromEntries(bindings)).toEqual(BINDINGS);
  });

  it("are one for each name, and called in the order of the calls", async () => {
    const { stub } = objectsWith(Counter as never);
    expect(await Promise.all([stub("a").add!(), stub("b").add!(), stub("a").add!()])).toEqual([1, 1, 2]);
  });

  it("begin again after abort with what they have stored; what is left of the old one can do nothing", async () => {
    const { stub, objects } = objectsWith(Counter as never);
    await stub("a").add!();
    const old = objects.hosted("IngressLane", "a").instance as unknown as Counter;
    await expect(stub("a").fail!()).rejects.toThrow("broken");
    await expect(old.add()).rejects.toThrow("broken");
    expect(await stub("a").stored!()).toEqual([1]);
    expect(await stub("a").add!()).toBe(1);
  });

  it("are woken by their alarm, also in the process that goes on from what was stored", async () => {
    const storage = new NetworkStorage();
    const first = objectsWith(Counter as never, storage);
    await first.stub("a").wake!(500);
    const again = objectsWith(Counter as never, new NetworkStorage(storage.freeze()));
    expect(again.clock.next).toBe(500);
    again.clock.fire();
    await settled();
    expect(await again.stub("a").stored!()).toEqual([1]);
  });

  it("cannot be called any more when all has stopped", async () => {
    const { stub, objects } = objectsWith(Counter as never);
    objects.stop();
    await expect(stub("a").add!()).rejects.toThrow("stopped");
  });
});
