/** What `npm run program` makes of a network's answers. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { address } from "@solana/kit";
import { afterEach, expect, it } from "vitest";
import { RpcChain } from "../../../infra/program/rpc-chain.ts";

const TO = address("SysvarC1ock11111111111111111111111111111111");
const SIGNATURE = "5h6xBEauJ3PK6SWCZ1PGjBvj8vDdWG3KpwATGy1ARAXFSDwt8GFXM7W5Ncn16wmqokgpiKRLuS83KUxyZyv2sUYv";
let server: Server | undefined;
afterEach(() => server?.close());

/** A network whose methods answer these results, or throw a message; block heights go up by 100 a question. */
async function chainOf(methods: Readonly<Record<string, () => unknown>>): Promise<RpcChain> {
  let height = 0;
  const all: Record<string, () => unknown> = {
    getLatestBlockhash: () => ({
      context: { slot: 1 },
      value: { blockhash: "11111111111111111111111111111111", lastValidBlockHeight: 150 },
    }),
    getBlockHeight: () => {
      height += 100;
      return height;
    },
    ...methods,
  };
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const { id, method } = JSON.parse(Buffer.concat(parts).toString()) as { id: string; method: string };
      let answer: object;
      try {
        answer = { result: all[method]!() };
      } catch (error) {
        answer = { error: { code: -32600, message: (error as Error).message } };
      }
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ jsonrpc: "2.0", id, ...answer }));
    });
  });
  await new Promise<void>((resolve) => void server!.listen(0, "127.0.0.1", resolve));
  return new RpcChain(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}
const statuses = (err: unknown) => () => ({
  context: { slot: 1 },
  value: [{ slot: 1, confirmations: null, err, status: { Ok: null }, confirmationStatus: "finalized" }],
});

it("an airdrop is over when it has landed", async () => {
  const chain = await chainOf({ requestAirdrop: () => SIGNATURE, getSignatureStatuses: statuses(null) });
  await chain.airdrop(TO, 5n);
});

it("refused: a network without a faucet says so", async () => {
  const chain = await chainOf({
    requestAirdrop: () => {
      throw new Error("this network has no faucet");
    },
  });
  await expect(chain.airdrop(TO, 5n)).rejects.toMatchObject({
    code: "refused",
    message: expect.stringContaining("this network has no faucet"),
  });
});

it("refused: a network that has too many accounts to list", async () => {
  const chain = await chainOf({
    getProgramAccounts: () => {
      throw new Error("larger than 24 MiB");
    },
  });
  await expect(chain.find(TO, [])).rejects.toMatchObject({ code: "refused", message: /larger than 24 MiB/ });
});

it("failed: an airdrop that fails on the chain, or never lands", async () => {
  const failing = await chainOf({ requestAirdrop: () => SIGNATURE, getSignatureStatuses: statuses("AccountInUse") });
  await expect(failing.airdrop(TO, 5n)).rejects.toMatchObject({ code: "failed", message: /AccountInUse/ });
  server!.close();
  const none = () => ({ context: { slot: 1 }, value: [null] });
  const lost = await chainOf({ requestAirdrop: () => SIGNATURE, getSignatureStatuses: none });
  await expect(lost.airdrop(TO, 5n)).rejects.toMatchObject({ code: "failed" });
});
