/**
 * The faucet's TCP port (Agave: faucet/src/faucet.rs): who asks gets a signed transfer and sends it to the network itself.
 *
 *   request   u32 0 · u64 lamports · 32 bytes recipient · 32 bytes blockhash
 *   answer    u16 length · transaction, or u16 0: refused
 *
 * A request that is too large gets a transaction that says so in a memo, as from Agave's. What the port gives and what `requestAirdrop`
 * gives is counted apart.
 */
import { createServer, type Server, type Socket } from "node:net";
import { FaucetBook, type FaucetLimits } from "../../shared/faucet/limits.ts";
import { encodeBase58 } from "../../shared/rpc/base58.ts";
import { Failure, systemCode } from "../network/failure.ts";
import type { Keypair } from "../network/keypair.ts";
import { signMemo, signTransfer } from "../network/transfer.ts";

const REQUEST_SIZE = 76;
const REFUSED = Buffer.alloc(2);
/** Connections at once; one more is closed at once. */
const MAX_CONNECTIONS = 256;

export class Faucet {
  readonly port: number;
  readonly #server: Server;
  readonly #book: FaucetBook;
  #keypair: Keypair | undefined;

  private constructor(server: Server, port: number, limits: FaucetLimits) {
    this.#server = server;
    this.port = port;
    this.#book = new FaucetBook(limits);
    server.maxConnections = MAX_CONNECTIONS;
    server.on("connection", (socket) => this.#serve(socket));
  }

  /** Listens on loopback. Throws a Failure when the port cannot be had. */
  static async listen(port: number, limits: FaucetLimits): Promise<Faucet> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: "127.0.0.1", port, exclusive: true }, resolve);
    }).catch((error: Error) => {
      const text = `Unable to bind faucet to 127.0.0.1:${port}, check the address is not already in use`;
      throw new Failure("port-taken", `${text}: ${systemCode(error) || error.message}`);
    });
    return new Faucet(server, port, limits);
  }

  /** From now on it gives; before, it refuses. */
  open(keypair: Keypair): void {
    this.#keypair = keypair;
  }

  close(): void {
    this.#server.close();
  }

  #serve(socket: Socket): void {
    let pending = Buffer.alloc(0);
    socket.unref();
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= REQUEST_SIZE) {
        socket.write(this.#answer(pending.subarray(0, REQUEST_SIZE)));
        pending = pending.subarray(REQUEST_SIZE);
      }
    });
  }

  #answer(request: Buffer): Buffer {
    const lamports = request.readBigUInt64LE(4);
    const to = new Uint8Array(request.subarray(12, 44));
    const blockhash = encodeBase58(request.subarray(44, REQUEST_SIZE));
    const address = encodeBase58(to);
    if (request.readUInt32LE(0) !== 0 || !this.#keypair || this.#keypair.address === address) return REFUSED;
    const answer = this.#book.ask({ to: address, lamports }, Date.now() / 1000);
    if (!answer.ok && answer.refusal.limit !== "perCall") return REFUSED;
    const { wire } = answer.ok
      ? signTransfer(this.#keypair, to, lamports, blockhash)
      : signMemo(this.#keypair, answer.refusal.text, blockhash);
    const length = Buffer.alloc(2);
    length.writeUInt16LE(wire.length);
    return Buffer.concat([length, wire]);
  }
}
