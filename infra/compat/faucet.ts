/**
 * The faucet's TCP port (Agave: faucet/src/faucet.rs): who asks gets a signed transfer and sends it to the network itself.
 *
 *   request   u32 0 · u64 lamports · 32 bytes recipient · 32 bytes blockhash
 *   answer    u16 length · transaction, or u16 0: refused
 */
import { createServer, type Server, type Socket } from "node:net";
import { encodeBase58 } from "../../shared/rpc/base58.ts";
import { Failure, systemCode } from "../network/failure.ts";
import type { Keypair } from "../network/keypair.ts";
import { signTransfer } from "../network/transfer.ts";

const REQUEST_SIZE = 76;
const REFUSED = Buffer.alloc(2);
/** Connections at once; one more is closed at once. */
const MAX_CONNECTIONS = 256;
/** Recipients remembered within one time slice. */
const MAX_REMEMBERED = 100_000;

export interface FaucetLimits {
  /** Lamports a request. */
  readonly perRequest?: bigint;
  /** Lamports a recipient within a time slice. */
  readonly perTime?: bigint;
  readonly timeSliceMs: number;
}

export class Faucet {
  readonly port: number;
  readonly #server: Server;
  readonly #limits: FaucetLimits;
  readonly #given = new Map<string, bigint>();
  readonly #timer: NodeJS.Timeout;
  #keypair: Keypair | undefined;

  private constructor(server: Server, port: number, limits: FaucetLimits) {
    this.#server = server;
    this.port = port;
    this.#limits = limits;
    this.#timer = setInterval(() => this.#given.clear(), limits.timeSliceMs);
    this.#timer.unref();
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
    clearInterval(this.#timer);
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
    const { perRequest } = this.#limits;
    if (request.readUInt32LE(0) !== 0 || !this.#keypair || this.#keypair.address === encodeBase58(to)) return REFUSED;
    if (perRequest !== undefined && lamports > perRequest) return REFUSED;
    if (!this.#isWithin(encodeBase58(to), lamports)) return REFUSED;
    const { wire } = signTransfer(this.#keypair, to, lamports, encodeBase58(request.subarray(44, REQUEST_SIZE)));
    const length = Buffer.alloc(2);
    length.writeUInt16LE(wire.length);
    return Buffer.concat([length, wire]);
  }

  #isWithin(to: string, lamports: bigint): boolean {
    const { perTime } = this.#limits;
    if (perTime === undefined) return true;
    const total = (this.#given.get(to) ?? 0n) + lamports;
    if (total > perTime || (this.#given.size >= MAX_REMEMBERED && !this.#given.has(to))) return false;
    this.#given.set(to, total);
    return true;
  }
}
