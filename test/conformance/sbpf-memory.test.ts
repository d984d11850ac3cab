// What transactions leave behind in the memory of an instance: nothing that grows with their number.
import { describe, expect, it } from "vitest";
import { keyBytes, testKey } from "./harness.ts";
import { first, SbpfWorld } from "./sbpf-fixture.ts";

const account = testKey(201);
const MEBIBYTE = 1 << 20;
/** Adds 10 KiB to its first account. */
const GROW = "ldxdw r2, [r1+88]\nadd64 r2, 10240\nstxdw [r1+88], r2\nmov64 r0, 0\nexit";

describe("the memory of an instance", () => {
  it("does not grow by an account's size whenever the account does", async () => {
    const w = await SbpfWorld.create();
    await w.program(first, GROW);
    const data = new Uint8Array(MEBIBYTE);
    w.c.setAccount(account, { lamports: 10n ** 11n, owner: first, data });
    const { memory } = w.c.ours.wasm;
    w.call(first, [[account, "w"]], [], null);
    const before = memory.buffer.byteLength;
    for (let i = 1; i < 40; i++) w.call(first, [[account, "w"]], [i], null);
    expect(w.c.ours.account(keyBytes(account))!.data.length).toBe(MEBIBYTE + 40 * 10_240);
    expect(memory.buffer.byteLength - before).toBeLessThan(8 * MEBIBYTE);
  });
});
