/**
 * What a page in the developer's browser can do with a network for development, and what it cannot: requests as browsers send them, with
 * the Host and Origin that scripts cannot choose. And who gives how much: the faucet's limits, over a restart.
 */
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { type IncomingHttpHeaders, request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { type Network, startNetwork } from "../../infra/network/index.ts";
import { generateKeypair } from "../../infra/network/keypair.ts";
import { rpcCall } from "../../infra/start/rpc.ts";
import { ErrorCode } from "../../shared/errors/codes.ts";

const SOL = 1_000_000_000;
const ALLOWED = "https://app.example";
const FOREIGN = "https://evil.example";
const JSON_TYPE = { "content-type": "application/json" };

let network: Network;
beforeAll(async () => {
  const faucetLimits = {
    perCall: 10n * BigInt(SOL),
    perAddress: 15n * BigInt(SOL),
    inAll: 1_000n * BigInt(SOL),
    seconds: 1e9,
  };
  network = await startNetwork({
    dev: true,
    shards: 1,
    allowOrigins: [ALLOWED],
    allowHosts: ["net.example"],
    faucetLimits,
    evictable: true,
  });
});
afterAll(() => network?.stop());

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

function send(method: string, headers: Record<string, string>, body = "", port = network.port): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: "127.0.0.1", port, method, headers, path: "/" }, (incoming) => {
      let text = "";
      incoming.setEncoding("utf8").on("data", (part) => {
        text += part;
      });
      incoming.on("end", () => resolve({ status: incoming.statusCode!, headers: incoming.headers, text }));
    });
    outgoing.on("error", reject).end(body);
  });
}

const call = (method: string, ...params: unknown[]) => JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
async function post(headers: Record<string, string>, body: string) {
  return JSON.parse((await send("POST", headers, body)).text);
}

const address = generateKeypair().address;
/** Every method that changes the chain without a signature, and the one that costs most. */
const GUARDED = [
  call("surfnet_setAccount", address, { lamports: 5 * SOL }),
  call("surfnet_setTokenAccount", address, "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", { amount: 1 }),
  call("surfnet_timeTravel", { absoluteSlot: 1_000_000 }),
  call("surfnet_pauseClock"),
  call("surfnet_resumeClock"),
  call("surfnet_getSurfnetInfo"),
  call("surfnet_profileTransaction", "AA=="),
  call("requestAirdrop", address, SOL),
];
const refused = (obstacle: string) => ({
  error: {
    code: -32600,
    message: expect.stringMatching(/^(surfnet_\w+|requestAirdrop) is refused: /),
    data: { code: ErrorCode.EDGE_FORBIDDEN, obstacle },
  },
});

describe("a page of somebody else", () => {
  test.for([
    [
      "a simple POST, of which the browser asks nobody",
      { "content-type": "text/plain", origin: FOREIGN },
      "contentType",
    ],
    ["a form", { "content-type": "application/x-www-form-urlencoded", origin: FOREIGN }, "contentType"],
    ["no content type", { origin: FOREIGN }, "contentType"],
    ["JSON", { ...JSON_TYPE, origin: FOREIGN }, "origin"],
    ["JSON, from a page without an origin", { ...JSON_TYPE, origin: "null" }, "origin"],
    [
      "its name now resolves to this machine",
      { ...JSON_TYPE, host: "evil.example:8899", origin: "http://evil.example:8899" },
      "host",
    ],
    ["the same, and the browser sends no origin", { ...JSON_TYPE, host: "evil.example:8899" }, "host"],
  ] as const)("cannot change the chain: %s", async ([, headers, obstacle]) => {
    const port = { ...headers } as Record<string, string>;
    for (const body of GUARDED) expect(await post(port, body)).toMatchObject(refused(obstacle));
    expect(await rpcCall(network.rpcUrl, "getBalance", [address])).toMatchObject({ value: 0 });
  });

  test("cannot in a batch either; what changes nothing is answered", async () => {
    const answers = await post(
      { "content-type": "text/plain", origin: FOREIGN },
      `[${GUARDED[0]},${call("getHealth")}]`,
    );
    expect(answers).toEqual([
      { jsonrpc: "2.0", id: 1, ...refused("contentType") },
      { jsonrpc: "2.0", result: "ok", id: 1 },
    ]);
  });

  test("is not let read answers of a network for development, and its preflight is not granted", async () => {
    const asks = {
      origin: FOREIGN,
      "access-control-request-method": "POST",
      "access-control-request-headers": "content-type",
    };
    const preflight = await send("OPTIONS", asks);
    expect([preflight.status, preflight.headers["access-control-allow-origin"]]).toEqual([204, undefined]);
    const read = await send("POST", { "content-type": "text/plain", origin: FOREIGN }, call("getSlot"));
    expect([read.status, read.headers["access-control-allow-origin"], read.headers.vary]).toEqual([
      200,
      undefined,
      "origin",
    ]);
  });

  test.for(["", "v1/stream"])("cannot open a WebSocket at /%s", async (path) => {
    for (const headers of [{ origin: FOREIGN }, { host: "evil.example:8899", origin: "http://evil.example:8899" }]) {
      for (const port of [network.port, network.port + 1]) {
        const socket = new WebSocket(`ws://127.0.0.1:${port}/${path}`, { headers });
        const status = await new Promise((resolve) => {
          socket.on("unexpected-response", (_, response) => resolve(response.statusCode));
          socket.on("open", () => resolve("open"));
          socket.on("error", () => {});
        });
        expect(status).toBe(403);
      }
    }
  });

  test("cannot have 22 MiB read, which only development methods need", async () => {
    const body = call("surfnet_setAccount", address, { data: "00".repeat(1 << 20) });
    expect((await send("POST", { "content-type": "text/plain", origin: FOREIGN }, body)).status).toBe(413);
  });
});

describe("who may", () => {
  const origins = [undefined, ALLOWED, "http://localhost:3000", "http://127.0.0.1:5173", "chrome-extension://abcdef"];

  test.for(origins)("a client with the origin %s: methods, preflight, WebSocket", async (origin) => {
    const from: Record<string, string> = origin === undefined ? {} : { origin };
    const to = generateKeypair().address;
    const headers = { "content-type": "application/json; charset=utf-8", ...from };
    expect(await post(headers, call("surfnet_setAccount", to, { lamports: 7 * SOL }))).toMatchObject({
      result: { value: null },
    });
    expect(await rpcCall(network.rpcUrl, "getBalance", [to])).toMatchObject({ value: 7 * SOL });
    const asks = { ...from, "access-control-request-headers": "content-type,solana-client" };
    const granted = (await send("OPTIONS", asks)).headers;
    expect(granted["access-control-allow-origin"]).toBe(origin);
    if (origin !== undefined) expect(granted["access-control-allow-headers"]).toBe("content-type,solana-client");
    const socket = new WebSocket(`ws://127.0.0.1:${network.port}`, { headers: from });
    await new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
    socket.close();
  });

  test("under every name of this machine, and under one that was added; the page's own origin", async () => {
    const port = network.port;
    for (const host of [
      "localhost",
      `localhost:${port}`,
      "app.localhost",
      "127.0.0.2",
      `[::1]:${port}`,
      `net.example:${port}`,
    ]) {
      for (const from of [{}, { origin: `http://${host}` }] as Record<string, string>[]) {
        expect(await post({ ...JSON_TYPE, host, ...from }, call("surfnet_getSurfnetInfo"))).toHaveProperty("result");
      }
    }
  });
});

describe("the faucet", () => {
  const airdrop = (to: string, lamports: number) =>
    post({ ...JSON_TYPE, host: "localhost" }, call("requestAirdrop", to, lamports));

  test("gives so much a call, and so much an address, in the words of Agave's", async () => {
    const to = generateKeypair().address;
    expect(await airdrop(to, 10 * SOL + 1)).toMatchObject({
      error: {
        code: -32602,
        message: "request too large; req: ◎10.000000001, cap: ◎10",
        data: { code: ErrorCode.FAUCET_LIMIT, limit: "perCall" },
      },
    });
    expect(await airdrop(to, 10 * SOL)).toHaveProperty("result");
    const tooMuch = await airdrop(to, 5 * SOL + 1);
    expect(tooMuch.error.message).toBe(`limit reached; req: ◎5.000000001, to: ${to}, current: ◎15.000000001, cap: ◎15`);
    expect(tooMuch.error.data).toMatchObject({ limit: "perAddress", retryAfterMs: expect.any(Number) });
    expect(await airdrop(to, 5 * SOL)).toHaveProperty("result");
  });

  test("remembers it over a restart, and when its object is evicted", async () => {
    const to = generateKeypair().address;
    expect(await airdrop(to, 10 * SOL)).toHaveProperty("result");
    await network.evict("Faucet", "faucet");
    expect(await airdrop(to, 4 * SOL)).toHaveProperty("result");
    await network.restart();
    expect(await airdrop(to, 2 * SOL)).toHaveProperty("error.data.limit", "perAddress");
    expect(await airdrop(to, SOL)).toHaveProperty("result");
  });

  test("asked many times at once gives no more than asked one after the other", async () => {
    const to = generateKeypair().address;
    const answers = await Promise.all(Array.from({ length: 10 }, () => airdrop(to, 4 * SOL)));
    expect(answers.filter((answer) => "result" in answer)).toHaveLength(3);
  });
});

/** Folders that are not 0700 and files that are not 0600. */
function openToOthers(folder: string): string[] {
  return [".", ...readdirSync(folder, { recursive: true, encoding: "utf8" })].filter((name) => {
    const entry = statSync(join(folder, name));
    return (entry.mode & 0o777) !== (entry.isDirectory() ? 0o700 : 0o600);
  });
}

test("its files are its user's alone, also those that an earlier version left open", async () => {
  const files = readdirSync(network.state, { recursive: true, encoding: "utf8" });
  expect(files.filter((name) => name.endsWith(".sqlite-wal")).length).toBeGreaterThan(4);
  expect(openToOthers(network.state)).toEqual([]);

  const state = join(mkdtempSync(join(tmpdir(), "infinisvm-exposure-")), "state");
  try {
    const before = process.umask();
    await (await startNetwork({ state, shards: 1 })).stop();
    expect(process.umask()).toBe(before);
    for (const name of [".", "objects", "network.json", "lock.sqlite"]) chmodSync(join(state, name), 0o755);
    const again = await startNetwork({ state });
    expect(openToOthers(state)).toEqual([]);
    await again.stop();
  } finally {
    rmSync(dirname(state), { recursive: true });
  }
});
