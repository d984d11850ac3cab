/** Calls that requests of a turn share (workers/edge/gather.ts), in workerd: each gets its own answer, whatever becomes of the others. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { HttpConnection, requestBytes } from "../../infra/load/http-connection.ts";
import { type Network, startNetwork } from "../../infra/network/index.ts";
import { generateKeypair } from "../../infra/network/keypair.ts";
import { signTransfer } from "../../infra/network/transfer.ts";
import { rpcCall } from "../../infra/start/rpc.ts";
import { encodeBase58 } from "../../shared/rpc/base58.ts";

const SOL = 1_000_000_000n;
const CONNECTIONS = 24;
/** Enough for V8 to have optimised what wakes a request: 40,000 of them hung once with `new Promise`. GATHER_ROUNDS runs more. */
const ROUNDS = Number(process.env.GATHER_ROUNDS ?? 40);

let network: Network;
const logged: string[] = [];
beforeAll(async () => {
  network = await startNetwork({ shards: 2, slotMs: 20, log: (level, text) => level !== "info" && logged.push(text) });
});
afterAll(() => network.stop());

type Answer = { readonly result?: unknown; readonly error?: { readonly code: number; readonly data?: unknown } };

const bytesOf = (method: string, params: readonly unknown[]) =>
  requestBytes(
    "POST",
    new URL(network.rpcUrl),
    Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params })),
    "application/json",
  );

async function ask(connection: HttpConnection, method: string, params: readonly unknown[]): Promise<Answer> {
  const { body } = await connection.send(bytesOf(method, params));
  return JSON.parse(Buffer.from(body).toString()) as Answer;
}

const latest = async () =>
  (await rpcCall<{ value: { blockhash: string } }>(network.rpcUrl, "getLatestBlockhash")).value.blockhash;
const base64 = (wire: Uint8Array) => Buffer.from(wire).toString("base64");
const valueIn = ({ result }: Answer) => (result as { value: unknown }).value;

/** Receivers with 1, 2, 3 ... SOL, and the signatures that gave it to them. */
async function fund(connections: readonly HttpConnection[]) {
  const blockhash = await latest();
  return Promise.all(
    connections.map(async (connection, i) => {
      const lamports = SOL * BigInt(i + 1);
      const { publicKey } = generateKeypair();
      const to = encodeBase58(publicKey);
      const { wire, signature } = signTransfer(network.faucet, publicKey, lamports, blockhash);
      const config = { encoding: "base64", skipPreflight: i % 2 === 0 };
      expect(await ask(connection, "sendTransaction", [base64(wire), config])).toMatchObject({ result: signature });
      return { to, lamports: Number(lamports), signature, wire };
    }),
  );
}

test("requests of one turn get their own answers, refused ones among them", { timeout: 120_000 }, async () => {
  const connections = Array.from({ length: CONNECTIONS }, () => new HttpConnection(network.rpcUrl));
  const funded = await fund(connections);
  for (const { signature } of funded) {
    const confirmed = async () =>
      valueIn(await ask(connections[0]!, "getSignatureStatuses", [[signature]])) as readonly unknown[];
    while ((await confirmed())[0] === null);
  }
  const unknown = encodeBase58(new Uint8Array(64).fill(7));
  for (let round = 0; round < ROUNDS; round++) {
    const answers = await Promise.all(
      connections.map((connection, i) => {
        const { to, signature, wire } = funded[i]!;
        if ((round + i) % 4 === 0) return ask(connection, "getSignatureStatuses", [[unknown, signature]]);
        if ((round + i) % 4 === 1) return ask(connection, "sendTransaction", [base64(wire), { encoding: "base64" }]);
        if ((round + i) % 4 === 2)
          return ask(connection, "sendTransaction", [badly(wire), { encoding: "base64", skipPreflight: true }]);
        return ask(connection, "getBalance", [to]);
      }),
    );
    for (const [i, answer] of answers.entries()) {
      const { lamports } = funded[i]!;
      if ((round + i) % 4 === 0) {
        expect(valueIn(answer)).toMatchObject([null, { err: null, confirmationStatus: "finalized" }]);
      } else if ((round + i) % 4 === 1) {
        expect(answer.error).toMatchObject({ code: -32002, data: { err: "AlreadyProcessed" } });
      } else if ((round + i) % 4 === 2) {
        expect(answer.error).toMatchObject({ code: -32003 });
      } else {
        expect(valueIn(answer)).toBe(lamports);
      }
    }
  }
  for (const connection of connections) connection.close();
});

/** With a signature of another message. */
function badly(wire: Uint8Array): string {
  const bad = Uint8Array.from(wire);
  bad[bad.length - 1]! ^= 1;
  return base64(bad);
}

test("clients that are gone before their answer keep nobody from his", { timeout: 120_000 }, async () => {
  const staying = Array.from({ length: CONNECTIONS }, () => new HttpConnection(network.rpcUrl));
  const funded = await fund(staying);
  for (const { to, lamports } of funded) {
    while (valueIn(await ask(staying[0]!, "getBalance", [to])) !== lamports);
  }
  for (let round = 0; round < ROUNDS; round++) {
    const leaving = staying.map(() => new HttpConnection(network.rpcUrl));
    const lost = leaving.map((connection, i) => ask(connection, "getBalance", [funded[i]!.to]).catch(() => "lost"));
    const answers = staying.map((connection, i) => ask(connection, "getBalance", [funded[i]!.to]));
    await answers[round % CONNECTIONS];
    for (const connection of leaving) connection.close();
    expect((await Promise.all(answers)).map(valueIn)).toEqual(funded.map(({ lamports }) => lamports));
    await Promise.all(lost);
  }
  for (const connection of staying) connection.close();
  expect(logged).toEqual([]);
});
