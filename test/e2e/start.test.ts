/** `npm start` from the outside: what it prints, how it ends, and what is still there at the next start. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { generateKeypair } from "../../infra/network/keypair.ts";
import { isAlive } from "../../infra/network/process.ts";
import { signTransfer } from "../../infra/network/transfer.ts";
import { rpcCall } from "../../infra/start/rpc.ts";
import { ownNetwork, runStart, StartCommand } from "./start-command.ts";

const SOL = 1_000_000_000;

async function airdrop(url: string, lamports: number): Promise<string> {
  const { address } = generateKeypair();
  await rpcCall(url, "requestAirdrop", [address, lamports]);
  while ((await balance(url, address)) !== lamports) await sleep(20);
  return address;
}

async function balance(url: string, address: string): Promise<number> {
  return (await rpcCall<{ value: number }>(url, "getBalance", [address])).value;
}

/** The workerd processes, as the lock of the state folder has them. */
function workerdPids(state: string): number[] {
  const { workerd } = JSON.parse(readFileSync(join(state, "lock.json"), "utf8"));
  return workerd.map(({ pid }: { pid: number }) => pid);
}

const workerdPid = (state: string): number => workerdPids(state)[0]!;

function pong(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    socket.addEventListener("error", () => reject(new Error(`no WebSocket at ${url}`)));
    socket.addEventListener("open", () => {
      socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "slotSubscribe" }));
    });
    socket.addEventListener("message", () => {
      socket.close();
      resolve();
    });
  });
}

test("prints where everything is, answers there, and ends on SIGTERM with its state kept", async () => {
  const { args, state, port, url } = await ownNetwork();
  const command = new StartCommand(...args, "--shards", "2", "--slot-ms", "20");
  await command.up();
  for (const line of [
    /RPC +http:\/\/127\.0\.0\.1:(\d+)\n/,
    /WebSocket +ws:\/\/127\.0\.0\.1:\d+ \(and ws:\/\/127\.0\.0\.1:\d+\)\n/,
    /Shards +2\n/,
    /Slot time +20 ms\n/,
    /Faucet +[1-9A-HJ-NP-Za-km-z]{32,44}\n/,
  ]) {
    expect(command.stdout).toMatch(line);
  }
  expect(command.stdout).toContain(state);
  expect(await rpcCall(url, "getHealth")).toBe("ok");
  await pong(`ws://127.0.0.1:${port}`);
  await pong(`ws://127.0.0.1:${port + 1}`);

  const pid = workerdPid(state);
  expect(await command.signal("SIGTERM")).toEqual({ code: 0, signal: null });
  expect(command.stderr).toBe("");
  expect(isAlive(pid)).toBe(false);
  expect(existsSync(join(state, "network.json"))).toBe(true);
});

test.for(["lock.json", "objects"])("a SIGINT while it starts, once there is %s, ends it at once", async (file) => {
  const { args, state } = await ownNetwork();
  const command = new StartCommand(...args);
  while (!existsSync(join(state, file))) await sleep(5);
  expect(await command.signal("SIGINT")).toEqual({ code: 0, signal: null });
  expect(command.stdout).toMatch(/stopped before it was up\n$|stopped; the network is kept/);
  expect(existsSync(join(state, "lock.json"))).toBe(false);
});

test("Ctrl-C in a terminal, which reaches workerd too, under way: nothing on standard error", async () => {
  const { args, url, port } = await ownNetwork();
  const command = new StartCommand(...args);
  await command.up();
  await pong(`ws://127.0.0.1:${port + 1}`);
  const under = Array.from({ length: 20 }, () =>
    rpcCall(url, "requestAirdrop", [generateKeypair().address, SOL]).catch(() => null),
  );
  await sleep(20);
  expect(await command.interruptAll()).toEqual({ code: 0, signal: null });
  await Promise.all(under);
  expect(command.stderr).toBe("");
});

test("--log: one line a transaction, with its compute units and the error in words", async () => {
  const { args, url } = await ownNetwork();
  const command = new StartCommand(...args, "--log", "--quiet");
  for (;;) {
    if ((await rpcCall(url, "getTransactionCount").catch(() => 0)) === 1) break;
    await sleep(20);
  }
  const payer = generateKeypair();
  await sleep(1_000);
  await rpcCall(url, "requestAirdrop", [payer.address, SOL]);
  await command.printed(/^[1-9A-HJ-NP-Za-km-z]{80,90} {2}ok {6}450 units$/m);
  const { value } = await rpcCall<{ value: { blockhash: string } }>(url, "getLatestBlockhash");
  const { signature, wire } = signTransfer(payer, generateKeypair().publicKey, 2n * BigInt(SOL), value.blockhash);
  const options = { encoding: "base64", skipPreflight: true };
  await rpcCall(url, "sendTransaction", [Buffer.from(wire).toString("base64"), options]);
  const [line] = await command.printed(new RegExp(`^${signature}.*$`, "m"));
  expect(line).toBe(`${signature}  failed  150 units  Error processing Instruction 0: custom program error: 0x1`);
  await command.signal("SIGTERM");
  expect(command.stderr).toBe("");
});

test("the network continues at the next start, and begins anew with --reset", async () => {
  const { args, url } = await ownNetwork();
  const first = new StartCommand(...args, "--shards", "3");
  await first.up();
  const genesis = await rpcCall<string>(url, "getGenesisHash");
  const address = await airdrop(url, 2 * SOL);
  const count = await rpcCall<number>(url, "getTransactionCount");
  await first.signal("SIGINT");

  const second = new StartCommand(...args);
  await second.up();
  expect(second.stdout).toMatch(/Shards +3\n/);
  expect(await rpcCall(url, "getGenesisHash")).toBe(genesis);
  expect(await balance(url, address)).toBe(2 * SOL);
  expect(await rpcCall<number>(url, "getTransactionCount")).toBeGreaterThan(count);
  await second.signal("SIGTERM");

  const third = new StartCommand(...args, "--reset", "--shards", "1");
  await third.up();
  expect(third.stdout).toMatch(/Shards +1\n/);
  expect(await rpcCall(url, "getGenesisHash")).not.toBe(genesis);
  expect(await balance(url, address)).toBe(0);
});

test("after its own death by SIGKILL the next start takes over, ends the workerd left behind and has everything", async () => {
  const { args, state, url } = await ownNetwork();
  const first = new StartCommand(...args);
  await first.up();
  const address = await airdrop(url, SOL);
  const orphan = workerdPid(state);
  await first.signal("SIGKILL");
  expect(isAlive(orphan)).toBe(true);

  const second = new StartCommand(...args);
  await second.up();
  expect(isAlive(orphan)).toBe(false);
  expect(await balance(url, address)).toBe(SOL);
});

test("two workerd processes: a clean stop, a death by SIGKILL with both left behind, and then one process", async () => {
  const { args, state, url } = await ownNetwork();
  const first = new StartCommand(...args, "--processes", "2");
  await first.up();
  expect(first.stdout).toMatch(/Processes +2\n/);
  const address = await airdrop(url, SOL);
  const stopped = workerdPids(state);
  expect(stopped).toHaveLength(2);
  await first.signal("SIGTERM");
  expect(stopped.filter(isAlive)).toEqual([]);

  const second = new StartCommand(...args, "--processes", "2");
  await second.up();
  await airdrop(url, SOL);
  const orphans = workerdPids(state);
  await second.signal("SIGKILL");
  expect(orphans.filter(isAlive)).toEqual(orphans);

  const third = new StartCommand(...args);
  await third.up();
  expect(orphans.filter(isAlive)).toEqual([]);
  expect(workerdPids(state)).toHaveLength(1);
  expect(await balance(url, address)).toBe(SOL);
});

test("workerd's death by SIGKILL is survived: it is started again on the same ports, with everything", async () => {
  const { args, state, url } = await ownNetwork();
  const command = new StartCommand(...args);
  await command.up();
  const address = await airdrop(url, SOL);
  for (let round = 1; round <= 3; round++) {
    const pid = workerdPid(state);
    process.kill(pid, "SIGKILL");
    while (isAlive(workerdPid(state)) && workerdPid(state) === pid) await sleep(5);
    for (;;) {
      const answer = await rpcCall(url, "getHealth").catch(() => null);
      if (answer === "ok") break;
      await sleep(20);
    }
    expect(await balance(url, address)).toBe(SOL);
    await airdrop(url, SOL);
  }
  expect(command.stderr.match(/workerd ended \(SIGKILL\)/g)).toHaveLength(3);
});

test("a state folder that is in use is refused, and its network goes on", async () => {
  const { args, state, url } = await ownNetwork();
  const command = new StartCommand(...args);
  await command.up();
  const other = await ownNetwork();
  const second = await runStart("--state", state, "--port", String(other.port));
  expect(second).toMatchObject({
    code: 2,
    stdout: "",
    stderr: expect.stringMatching(/^infinisvm: .*in use.*--state DIR --port PORT\n$/),
  });
  const reset = await runStart("--state", state, "--port", String(other.port), "--reset");
  expect(reset.code).toBe(2);
  await airdrop(url, SOL);
});

test("--quiet prints nothing", async () => {
  const { args, url } = await ownNetwork();
  const command = new StartCommand(...args, "--quiet");
  for (;;) {
    const answer = await rpcCall(url, "getTransactionCount").catch(() => 0);
    if (answer === 1) break;
    await sleep(20);
  }
  await command.signal("SIGTERM");
  expect(command.stdout + command.stderr).toBe("");
});

test("a lock file left by nobody, or full of nonsense, is no obstacle", async () => {
  const { args, state } = await ownNetwork();
  const first = new StartCommand(...args);
  await first.up();
  await first.signal("SIGTERM");
  writeFileSync(join(state, "lock.json"), "{");
  const second = new StartCommand(...args);
  await second.up();
});
