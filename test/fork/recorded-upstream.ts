/** A cluster that is forked from: JSON-RPC over accounts in memory, which counts what it is asked and can fail in every way. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { encodeBase58 } from "../../shared/rpc/base58.ts";
import { type Json, stringify } from "../../shared/rpc/json.ts";
import type { Account } from "../../shared/state/accounts.ts";

export const UPSTREAM_GENESIS = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d";

interface Call {
  readonly method: string;
  readonly params: readonly unknown[];
}

export class RecordedUpstream implements AsyncDisposable {
  readonly accounts = new Map<string, Account>();
  /** Of token accounts, by owner. */
  readonly tokenAccounts = new Map<string, string[]>();
  readonly calls: Call[] = [];
  slot = 250_000_000;
  time = 1_780_000_000;
  genesisHash = UPSTREAM_GENESIS;
  /** Answers instead, where it says so. */
  fault: ((call: Call, response: ServerResponse) => boolean) | undefined;
  url = "";
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  static async open(accounts: readonly Account[] = []): Promise<RecordedUpstream> {
    const upstream = new RecordedUpstream();
    upstream.put(...accounts);
    await new Promise<void>((done) => upstream.#server.listen(0, "127.0.0.1", done));
    upstream.url = `http://127.0.0.1:${(upstream.#server.address() as AddressInfo).port}/?api-key=secret`;
    return upstream;
  }

  put(...accounts: readonly Account[]): void {
    for (const account of accounts) this.accounts.set(encodeBase58(account.key), account);
  }

  /** Addresses that getMultipleAccounts was asked for, a request each. */
  get asked(): string[][] {
    return this.calls
      .filter(({ method }) => method === "getMultipleAccounts")
      .map(({ params }) => params[0] as string[]);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const part of request) body += part;
    const call = JSON.parse(body) as Call;
    this.calls.push(call);
    if (this.fault?.(call, response)) return;
    const result = this.#result(call);
    const answer = result === undefined ? { error: { code: -32601, message: "Method not found" } } : { result };
    response.setHeader("content-type", "application/json");
    response.end(stringify({ jsonrpc: "2.0", id: 1, ...answer }));
  }

  #result({ method, params }: Call): Json | undefined {
    const withContext = (value: Json) => ({ context: { slot: this.slot }, value });
    switch (method) {
      case "getGenesisHash":
        return this.genesisHash;
      case "getSlot":
        return this.slot;
      case "getBlockTime":
        return this.time;
      case "getMultipleAccounts":
        return withContext((params[0] as string[]).map((address) => this.#account(address)));
      case "getTokenAccountsByOwner": {
        const found = this.tokenAccounts.get(params[0] as string) ?? [];
        return withContext(found.map((pubkey) => ({ pubkey, account: this.#account(pubkey) })));
      }
      default:
        return undefined;
    }
  }

  #account(address: string): Json {
    const account = this.accounts.get(address);
    if (!account) return null;
    const { lamports, owner, executable, rentEpoch, data } = account;
    return {
      lamports,
      owner: encodeBase58(owner),
      executable,
      rentEpoch,
      space: data.length,
      data: [Buffer.from(data).toString("base64"), "base64"],
    };
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
