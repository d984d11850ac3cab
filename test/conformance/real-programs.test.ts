/** Programs of the genesis that run from their ELFs: who can write their accounts, and that they answer as on Agave. */
import { beforeAll, describe, expect, it } from "vitest";
import { ALL_REAL_PROGRAMS, realProgramAddresses } from "../../shared/protocol/real-programs.ts";
import {
  ADDRESS_LOOKUP_TABLE_PROGRAM,
  STAKE_CONFIG,
  STAKE_PROGRAM,
  TOKEN_2022_PROGRAM,
} from "../../shared/rpc/keys.ts";
import { Conformance, instruction, testKey } from "./harness.ts";
import { move, u32, u64 } from "./harness-system.ts";
import { failed, rent } from "./loader-fixture.ts";

const payer = testKey(1);
const SOL = 10n ** 9n;
/** Memo 4 is not in the package that has the others; its code is that of Memo 3. */
const MEMO_4 = "Memo4c2pN8afCj432Lb7RMVKi9PbQnnW7ewFFaV3oAH";

let c: Conformance;
beforeAll(async () => {
  c = await Conformance.create({ realPrograms: ALL_REAL_PROGRAMS });
  c.fund(payer, 1_000n * SOL);
});
const give = (to: string) => c.transaction({ payer, instructions: [move(payer, to, SOL)] });

describe("an account of the genesis", () => {
  it.each([STAKE_PROGRAM, STAKE_CONFIG, ADDRESS_LOOKUP_TABLE_PROGRAM])(
    "%s is reserved: a write lock is demoted",
    (key) => {
      c.expect(give(key), failed("ReadonlyLamportChange"));
    },
  );
  const ordinary = [TOKEN_2022_PROGRAM, ...realProgramAddresses(ALL_REAL_PROGRAMS)];
  it.each(ordinary.filter((key) => key !== ADDRESS_LOOKUP_TABLE_PROGRAM))(
    "%s takes lamports like any account",
    (key) => {
      const before = c.lamports(key);
      c.expect(give(key), null);
      expect(c.lamports(key)).toBe(before + SOL);
    },
  );
});

describe("a program of the genesis", () => {
  it("Stake answers the least delegation", () => {
    const wire = c.transaction({ payer, instructions: [instruction(STAKE_PROGRAM, [], u32(13))] });
    const { ours } = c.expect(wire, null);
    expect(ours.returnData?.data).toEqual(Uint8Array.from(u64(SOL)));
  });
  it("Token-2022 makes a mint", () => {
    const mint = testKey(50);
    c.setAccount(mint, { lamports: rent(82), data: new Uint8Array(82), owner: TOKEN_2022_PROGRAM });
    const data = [20, 6, ...new Uint8Array(32).fill(9), 0];
    const wire = c.transaction({ payer, instructions: [instruction(TOKEN_2022_PROGRAM, [[mint, "w"]], data)] });
    c.expect(wire, null);
    expect(c.account(mint)?.data[44]).toBe(6);
  });
  it("Memo 4 has Memo 3's code", () => {
    const wire = c.transaction({ payer, instructions: [instruction(MEMO_4, [[payer, "rs"]], Buffer.from("hi"))] });
    expect(c.expect(wire, null).ours.logs).toContain("Program log: hi");
  });
});
