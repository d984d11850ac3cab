/** Real programs at other addresses, and small ones: from a program's account to what its run leaves. */
import { beforeEach, describe, expect, it } from "vitest";
import { first, type Loader, payer, SbpfWorld } from "./sbpf-fixture.ts";

const MEMO_V1 = "Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo";
const MEMO = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr";

let w: SbpfWorld;
beforeEach(async () => {
  w = await SbpfWorld.create();
});

describe("the Memo program at an address of its own", () => {
  it.each<Loader>(["v2", "v3"])("runs under loader %s with Agave's logs and compute units", async (loader) => {
    await w.deploy(first, await w.elf(MEMO), loader);
    const { ours } = w.call(first, [[payer, "ws"]], Buffer.from("hello"), null);
    expect(ours.computeUnits).toBe(500);
  });

  it("version 1 runs under loader v1, whose input is not aligned", async () => {
    await w.deploy(first, await w.elf(MEMO_V1), "v1");
    const { ours } = w.call(first, [[payer, "ws"]], Buffer.from("hello"), null);
    expect(ours.computeUnits).toBe(562);
  });
});
