import { describe, it } from "vitest";
import { Conformance, instruction, SYSTEM, testKey } from "./harness.ts";

const u32 = (n: number): number[] => [n & 255, (n >> 8) & 255, (n >> 16) & 255, n >>> 24];
const u64 = (n: bigint): number[] => Array.from({ length: 8 }, (_, i) => Number((n >> BigInt(8 * i)) & 255n));

describe("runtime", () => {
  it("transfers", async () => {
    const c = await Conformance.create();
    const [payer, to] = [testKey(1), testKey(2)];
    c.fund(payer, 10n ** 9n);
    const transfer = (lamports: bigint) =>
      instruction(
        SYSTEM,
        [
          [payer, "ws"],
          [to, "w"],
        ],
        [...u32(2), ...u64(lamports)],
      );
    c.expect(c.transaction({ payer, instructions: [transfer(10n ** 6n)] }), null);
    c.expect(c.transaction({ payer, instructions: [transfer(10n ** 10n)] }), { InstructionError: [0, { Custom: 1 }] });
  });
});
