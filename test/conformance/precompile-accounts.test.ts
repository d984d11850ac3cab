/** The accounts of the precompiles, and what else they share: accounts given to them mean nothing; their place among instructions. */
import { expect, it } from "vitest";
import { concatBytes } from "../../shared/protocol/bytes.ts";
import { encodeContext } from "../../shared/protocol/context.ts";
import { instruction, keyBytes, testKey } from "./harness.ts";
import { decodeAccountList } from "./harness-result.ts";
import { LOADER_V2, rent } from "./loader-fixture.ts";
import { ED25519, payer, SECP256K1, SECP256R1, signEd25519, wideData, world } from "./precompile-fixture.ts";
import { compile } from "./sbpf-fixture.ts";

it.each([ED25519, SECP256K1, SECP256R1])(
  "%s is an empty executable account of the native loader, as Agave's",
  async (key) => {
    const c = await world();
    expect(c.ours.wasm.call("engineWellKnown", concatBytes(encodeContext(c.context()), keyBytes(key)))).toBe(0);
    const ours = decodeAccountList(c.ours.wasm.out())[0]!.account;
    const { rentEpoch: _, ...agave } = c.agave.account(keyBytes(key))!;
    expect(ours).toMatchObject(agave);
  },
);

it.each([ED25519, SECP256K1, SECP256R1])("%s takes accounts and leaves them alone", async (key) => {
  const c = await world();
  const data = key === SECP256K1 ? [0] : [0, 0];
  const other = testKey(40);
  c.fund(other, 1_000_000n);
  c.expectSame(
    c.transaction({
      payer,
      instructions: [
        instruction(
          key,
          [
            [other, "w"],
            [payer, "ws"],
          ],
          data,
        ),
      ],
    }),
  );
});

it("a precompile leaves the return data of the program before it, and is seen as an instruction by the one behind it", async () => {
  const c = await world();
  const teller = testKey(41);
  const looker = testKey(42);
  const deploy = (key: ReturnType<typeof testKey>, source: string): void => {
    const data = compile(source);
    c.setAccount(key, { lamports: rent(data.length), owner: LOADER_V2, data, executable: true });
  };
  deploy(
    teller,
    `
    lddw r1, 0x300000000
    stdw [r1], 0x4242
    mov64 r2, 8
    syscall sol_set_return_data
    mov64 r0, 0
    exit`,
  );
  // The instruction before this one: {data length, number of accounts}, program, data, accounts.
  deploy(
    looker,
    `
    mov64 r7, 0
  again:
    mov64 r1, 0
    lddw r2, 0x300000000
    lddw r3, 0x300000010
    lddw r4, 0x300000030
    lddw r5, 0x300000800
    syscall sol_get_processed_sibling_instruction
    add64 r7, 1
    jeq r7, 1, again        ; the lengths are known now
    mov64 r6, r0
    lddw r1, 0x300000000
    ldxdw r1, [r1]
    mov64 r2, r6
    lddw r3, 0x300000000
    ldxdw r3, [r3+8]
    lddw r4, 0x300000010
    ldxdw r4, [r4]
    mov64 r5, 0
    syscall sol_log_64_
    mov64 r0, 0
    exit`,
  );
  const precompile = instruction(ED25519, [], wideData([signEd25519(1, new Uint8Array(5))]));
  const { ours } = c.expect(c.transaction({ payer, instructions: [instruction(teller, [], []), precompile] }), null);
  expect(ours.returnData?.data).toEqual(new Uint8Array([0x42, 0x42, 0, 0, 0, 0, 0, 0]));
  const seen = c.expect(c.transaction({ payer, instructions: [precompile, instruction(looker, [], [])] }), null);
  expect(seen.ours.logs.join("\n")).toContain("0x75, 0x1, 0x0, ");
});
