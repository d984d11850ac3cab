/** What only a network in this process does: time that stands still, the same run again, many at once. */
import { SOLANA_ERROR__JSON_RPC__INVALID_PARAMS } from "@solana/kit";
import { describe, expect, it } from "vitest";
import { startNetwork, type TestNetwork } from "../../testing/index.ts";
import { balance, contract, newAddress, SOL, transfer, USDC } from "./contract.ts";

contract({ engine: "in-process" });

const TO = USDC;

/** A run with everything that a test does; what it left behind. */
async function run(net: TestNetwork) {
  const outcomes = [];
  for (let i = 1; i <= 5; i++) outcomes.push(await net.send(await transfer(net, TO, BigInt(i) * SOL)));
  await net.fund(TO, SOL);
  await net.setTokenAccount(net.payer.address, USDC, { amount: 5n });
  await net.advance(2_000);
  const slot = await net.rpc.getSlot().send();
  const block = await net.rpc.getBlock(slot, { maxSupportedTransactionVersion: 0 }).send();
  return { outcomes, slot, block };
}

describe("a network in this process", () => {
  it("makes the same blocks and logs from the same seed, others from another", async () => {
    await using one = await startNetwork({ seed: 3, shards: 3 });
    await using two = await startNetwork({ seed: 3, shards: 3 });
    await using other = await startNetwork({ seed: 4, shards: 3 });
    const [first, second, third] = await Promise.all([run(one), run(two), run(other)]);
    expect(second).toEqual(first);
    expect(third.block!.blockhash).not.toBe(first.block!.blockhash);
  });

  it("makes the same again whenever it goes back, with clients' subscriptions as they were", async () => {
    await using net = await startNetwork();
    const id = await net.snapshot();
    const abort = new AbortController();
    const notifications = await net.rpcSubscriptions.accountNotifications(TO).subscribe({ abortSignal: abort.signal });
    const told: bigint[] = [];
    const listening = (async () => {
      for await (const { value } of notifications) told.push(value.lamports);
    })();
    const before = await balance(net, TO);
    await net.fund(TO, 7n);
    await net.revert(id);
    const first = await run(net);
    await net.revert(id);
    expect(await run(net)).toEqual(first);
    abort.abort();
    await listening;
    const sums = [1n, 3n, 6n, 10n, 15n, 16n].map((sum) => before + sum * SOL);
    expect(told).toEqual([before + 7n, ...sums, ...sums]);
  });

  it("has time only for what is under way, or is given some", async () => {
    const startTime = Date.UTC(2030, 0, 1);
    await using net = await startNetwork({ startTime });
    const timeOf = async () => Number(await net.rpc.getBlockTime(await net.rpc.getSlot().send()).send()) * 1_000;
    await net.fund(TO, 1n);
    await new Promise((resolve) => setTimeout(resolve, 30));
    await net.fund(TO, 1n);
    expect(await timeOf()).toBe(startTime);
    await net.advance(60_000);
    await net.fund(TO, 1n);
    expect(await timeOf()).toBe(startTime + 60_000);
    await expect(net.advance(-1)).rejects.toMatchObject({ code: "bad-option" });
    await expect(net.outcome("1".repeat(64))).rejects.toThrow("has not landed");
  });

  it("runs by the real clock too", async () => {
    await using net = await startNetwork({ clock: "real", slotMs: 10 });
    const to = await newAddress();
    expect(await net.send(await transfer(net, to, SOL))).toMatchObject({ err: null, units: 150n });
    expect(await balance(net, to)).toBe(SOL);
  });

  it("refuses what cannot be, with a code and what would be right", async () => {
    const refused = async (options: object, code: string, text: RegExp) => {
      const error = await startNetwork(options as never).catch((fault: unknown) => fault);
      expect(error).toMatchObject({ name: "Failure", code, message: expect.stringMatching(text) });
    };
    await refused({ fork: "ftp://api.mainnet-beta.solana.com" }, "bad-option", /^--fork must be an http or https URL/);
    await refused({ shards: 0 }, "bad-option", /shards must be a whole number from 1 to 64, not 0/);
    await refused({ seed: -1 }, "bad-option", /seed/);
    await refused({ engine: "jvm" }, "bad-option", /"in-process" or "workerd", not "jvm"/);
    await refused({ engine: "workerd", clock: "manual" }, "bad-option", /workerd runs by the real clock/);
    await refused({ sharts: 1 }, "bad-option", /no option "sharts"/);
    await refused({ accounts: [{ address: "x" }] }, "bad-key", /"x" is not an address/);
    await refused({ accounts: ["/nowhere.json"] }, "file-unreadable", /nowhere/);
    await refused({ programs: [{ address: USDC, elf: new Uint8Array(9) }] }, "not-a-program", /is not an ELF file/);
    await refused({ accounts: [{ address: TO }, { address: TO }] }, "account-twice", /is there twice/);
  });

  it("answers as the network does: kit's errors, and none for what was closed", async () => {
    const net = await startNetwork();
    const bad = net.rpc.getBalance("x" as never).send();
    await expect(bad).rejects.toMatchObject({ context: { __code: SOLANA_ERROR__JSON_RPC__INVALID_PARAMS } });
    const url = await net.url;
    await net.close();
    await expect(net.fund(TO, 1n)).rejects.toThrow("was closed");
    await expect(fetch(url)).rejects.toThrow();
  });

  it("is one of many that do not know of each other", async () => {
    const count = Number(process.env.TEST_NETWORKS ?? 8);
    const all = await Promise.all(Array.from({ length: count }, (_, i) => startNetwork({ seed: i })));
    const balances = await Promise.all(
      all.map(async (net, i) => {
        await net.fund(TO, BigInt(i + 1));
        return balance(net, TO);
      }),
    );
    // The mint is there from the genesis on.
    const before = balances[0]! - 1n;
    expect(balances).toEqual(all.map((_, i) => before + BigInt(i + 1)));
    await Promise.all(all.map((net) => net.close()));
  });
});
