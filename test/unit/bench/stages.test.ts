/** The stages that the benchmark measures one at a time do what they are measured for. */
import { expect, it } from "vitest";
import { benchExecute } from "../../bench/worker/stages.ts";
import { CARRIED } from "../../carried-programs.ts";
import { wasmModule } from "../../wasm-module.ts";

it.each(["sol", "token"] as const)(
  "every %s transfer of the benchmark lands, with and without detail",
  async (kind) => {
    const carried = Buffer.from(CARRIED).toString("base64");
    const result = await benchExecute(wasmModule(), { kind, carried, accounts: 400, rounds: 1, transactions: 10_000 });
    expect(result.accounts).toBe(400);
    expect(result.rowBytesDetail).toBeGreaterThan(result.rowBytes);
  },
);
