/** The accounts of the precompiles, and what else they share: accounts given to them mean nothing. */
import { expect, it } from "vitest";
import { concatBytes } from "../../shared/protocol/bytes.ts";
import { encodeContext } from "../../shared/protocol/context.ts";
import { instruction, keyBytes, testKey } from "./harness.ts";
import { decodeAccountList } from "./harness-result.ts";
import { ED25519, payer, SECP256K1, SECP256R1, world } from "./precompile-fixture.ts";

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
