/** Whatever the parameters are, there is a JSON-RPC answer, and it is not a fault of ours. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import { RpcError } from "../../../shared/rpc/errors.ts";
import { parseSubscribe } from "../../../shared/rpc/subscription-params.ts";
import { rpcMethods } from "../../../workers/edge/rpc/index.ts";
import { Fixture } from "./fixture.ts";

const f = new Fixture();
const methods = Object.keys(rpcMethods());
const SUBSCRIBES = ["account", "program", "logs", "signature", "slot", "root"].map((what) => `${what}Subscribe`);

const key = fc.oneof(
  fc.uint8Array({ minLength: 32, maxLength: 32 }).map(encodeBase58),
  fc.constant("SysvarC1ock11111111111111111111111111111111"),
  fc.constant("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"),
);
const signature = fc.uint8Array({ minLength: 64, maxLength: 64 }).map(encodeBase58);
const number = fc.oneof(fc.nat(1_000), fc.double(), fc.maxSafeInteger(), fc.constant(2 ** 64));
const bytes = fc.uint8Array({ maxLength: 1400 }).map((data) => Buffer.from(data).toString("base64"));
const scalar = fc.oneof(fc.string(), key, signature, bytes, number, fc.boolean(), fc.constant(null));
const choice = (...values: string[]) => fc.oneof(fc.constantFrom(...values), scalar);
const config = fc.record(
  {
    commitment: choice("processed", "confirmed", "finalized"),
    encoding: choice("base58", "base64", "base64+zstd", "jsonParsed", "json", "binary"),
    minContextSlot: fc.oneof(fc.constant(0), number),
    dataSlice: fc.oneof(fc.record({ offset: number, length: number }), scalar),
    filters: fc.oneof(
      fc.array(
        fc.oneof(
          fc.record({ dataSize: number }),
          fc.record({ memcmp: fc.record({ offset: number, bytes: fc.oneof(scalar, fc.array(fc.nat(300))) }) }),
          scalar,
        ),
        { maxLength: 6 },
      ),
      scalar,
    ),
    transactionDetails: choice("full", "accounts", "signatures", "none"),
    maxSupportedTransactionVersion: fc.oneof(fc.constant(0), number),
    accounts: fc.oneof(fc.record({ addresses: fc.array(key) }), scalar),
    sigVerify: fc.oneof(fc.boolean(), scalar),
    replaceRecentBlockhash: fc.oneof(fc.boolean(), scalar),
    mint: key,
    programId: key,
    mentions: fc.oneof(fc.array(key, { maxLength: 2 }), scalar),
    limit: number,
    before: fc.oneof(signature, scalar),
  },
  { requiredKeys: [] },
);
const param = fc.oneof(scalar, config, fc.array(fc.oneof(key, signature, scalar), { maxLength: 5 }), fc.jsonValue());
const params = fc.oneof(fc.array(param, { maxLength: 4 }), fc.jsonValue());

test.each(methods)("%s", async (method) => {
  await fc.assert(
    fc.asyncProperty(params, async (given) => {
      const answer = (await f.raw(JSON.stringify({ jsonrpc: "2.0", id: 7, method, params: given }))) as Record<
        string,
        unknown
      >;
      expect(answer).toMatchObject({ jsonrpc: "2.0", id: 7 });
      expect("result" in answer).not.toBe("error" in answer);
      expect(f.faults).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

test.each(SUBSCRIBES)("%s", (method) => {
  fc.assert(
    fc.property(params, (given) => {
      try {
        expect(parseSubscribe(method, given)).not.toBeNull();
      } catch (error) {
        expect(error).toBeInstanceOf(RpcError);
      }
    }),
  );
});

test("any bytes are answered", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc.json().map((text) => new TextEncoder().encode(text)),
      ),
      async (body) => {
        const answer = await f.rpc.handle(body);
        if (answer.body !== "") JSON.parse(answer.body);
        expect(f.faults).toEqual([]);
      },
    ),
    { numRuns: 500 },
  );
});

/** Transactions that are almost right: bytes of a good one changed, cut or prolonged. */
test("sendTransaction takes any bytes", async () => {
  const payer = await f.funded();
  const good = (await f.transfer(payer, payer.publicKey, 1)).serialize();
  const changed = fc.tuple(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), fc.uint8Array({ maxLength: 4 }));
  await fc.assert(
    fc.asyncProperty(changed, fc.boolean(), async ([at, byte, length, tail], skipPreflight) => {
      const wire = Buffer.concat([good.subarray(0, length), tail]);
      if (at < wire.length) wire[at] = byte;
      for (const method of ["sendTransaction", "simulateTransaction"]) {
        const answer = await f.call(method, wire.toString("base64"), { encoding: "base64", skipPreflight });
        expect("result" in answer).not.toBe("error" in answer);
      }
      await f.call("getFeeForMessage", wire.subarray(65).toString("base64"));
      expect(f.faults).toEqual([]);
    }),
    { numRuns: 500 },
  );
});
