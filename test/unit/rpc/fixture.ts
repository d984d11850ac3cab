/** An RPC over a chain in memory, and the published clients on top of it. */
import { Connection, Keypair, type PublicKey, SystemProgram, Transaction } from "@solana/web3.js";
import { parse } from "../../../shared/rpc/json.ts";
import { createRpc, type Rpc } from "../../../workers/edge/rpc/index.ts";
import { MemoryBackend } from "./memory-backend.ts";

export interface Answer {
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
  readonly id: unknown;
}

export class Fixture {
  readonly backend = new MemoryBackend();
  readonly faults: unknown[] = [];
  readonly rpc: Rpc = createRpc(this.backend, this.backend.services, { onFault: (fault) => this.faults.push(fault) });
  readonly connection = new Connection("http://memory.invalid", {
    commitment: "confirmed",
    disableRetryOnRateLimit: true,
    fetch: (async (_url: unknown, init: { body: string }) => this.respond(init.body)) as never,
  });

  async respond(body: string): Promise<Response> {
    const answer = await this.rpc.handle(new TextEncoder().encode(body));
    return new Response(answer.body, { status: answer.status, headers: { "content-type": "application/json" } });
  }

  async raw(body: string): Promise<unknown> {
    return parse((await this.rpc.handle(new TextEncoder().encode(body))).body);
  }

  async call(method: string, ...params: unknown[]): Promise<Answer> {
    return (await this.raw(
      JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }, (_, value) =>
        typeof value === "bigint" ? Number(value) : value,
      ),
    )) as Answer;
  }

  // biome-ignore lint/suspicious/noExplicitAny: what a client finds in the answer is the test's business.
  async ok(method: string, ...params: unknown[]): Promise<any> {
    const answer = await this.call(method, ...params);
    if (answer.error) throw new Error(`${method}: ${JSON.stringify(answer.error)}`);
    return answer.result;
  }

  async error(method: string, ...params: unknown[]): Promise<NonNullable<Answer["error"]>> {
    const answer = await this.call(method, ...params);
    if (!answer.error) throw new Error(`${method} answered ${JSON.stringify(answer.result)}`);
    return answer.error;
  }

  async funded(lamports = 10_000_000_000): Promise<Keypair> {
    const keypair = Keypair.generate();
    await this.backend.airdrop!(keypair.publicKey.toBytes(), BigInt(lamports));
    return keypair;
  }

  async transfer(from: Keypair, to: PublicKey, lamports: number): Promise<Transaction> {
    const { blockhash, lastValidBlockHeight } = await this.connection.getLatestBlockhash();
    const transaction = new Transaction({ blockhash, lastValidBlockHeight, feePayer: from.publicKey });
    transaction.add(SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey: to, lamports }));
    transaction.sign(from);
    return transaction;
  }
}

export const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
