/** A network over its JSON-RPC. Busy answers and broken connections are tried again, with growing pauses. */
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Address,
  address,
  createSolanaRpc,
  fetchEncodedAccount,
  getBase64EncodedWireTransaction,
  isSolanaError,
  type Signature,
  SOLANA_ERROR__JSON_RPC__SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE,
  SOLANA_ERROR__RPC__TRANSPORT_HTTP_ERROR,
  SOLANA_ERROR__TRANSACTION_ERROR__ALREADY_PROCESSED,
  SOLANA_ERROR__TRANSACTION_ERROR__BLOCKHASH_NOT_FOUND,
  type Transaction,
} from "@solana/kit";
import { noNetwork } from "../network/command-line.ts";
import type { Chain, ChainAccount, Lifetime, Outcome } from "./chain.ts";
import { ProgramError } from "./errors.ts";

/** JSON-RPC code of "Node is unhealthy" and "Node is busy". */
const BUSY = -32005;
const TOO_MANY_REQUESTS = 429;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;
/** A network that is away for so long is given up, milliseconds. */
const PATIENCE_MS = 60_000;

function isTemporary(error: unknown): boolean {
  if (isSolanaError(error, SOLANA_ERROR__RPC__TRANSPORT_HTTP_ERROR)) {
    const { statusCode } = error.context;
    return statusCode === TOO_MANY_REQUESTS || statusCode >= 500;
  }
  if (isSolanaError(error)) return (error.context as { __code?: number }).__code === BUSY;
  return error instanceof TypeError; // fetch: no connection
}

const jsonText = (value: unknown): string =>
  typeof value === "string"
    ? value
    : JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? Number(part) : part));

/** What the network says about a transaction that it refuses: the error, and the logs of the simulation. */
function refusal(error: unknown): ProgramError {
  const message = error instanceof Error ? error.message : String(error);
  if (!isSolanaError(error, SOLANA_ERROR__JSON_RPC__SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE)) {
    return new ProgramError("refused", `the network refuses the transaction: ${message}`);
  }
  const { cause } = error;
  const reason = cause instanceof Error ? cause.message : message;
  const lines = (error.context.logs ?? []).map((line) => `\n  ${line}`).join("");
  return new ProgramError("refused", `the transaction would fail: ${reason}${lines}`);
}

export class RpcChain implements Chain {
  readonly #url: string;
  readonly #rpc: ReturnType<typeof createSolanaRpc>;
  readonly #rents = new Map<number, bigint>();
  #genesisHash: Promise<string> | undefined;

  constructor(url: string) {
    this.#url = url;
    this.#rpc = createSolanaRpc(url);
  }

  async #patiently<T>(ask: () => Promise<T>): Promise<T> {
    const until = performance.now() + PATIENCE_MS;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        return await ask();
      } catch (error) {
        if (!isTemporary(error)) throw error;
        if (performance.now() > until) {
          throw new ProgramError("unreachable", noNetwork(this.#url, error));
        }
        await sleep(pause);
      }
    }
  }

  genesisHash(): Promise<string> {
    this.#genesisHash ??= this.#rpc
      .getGenesisHash()
      .send()
      .catch((error: Error) => {
        throw new ProgramError("unreachable", noNetwork(this.#url, error));
      });
    return this.#genesisHash;
  }

  async latest(): Promise<Lifetime> {
    return (await this.#patiently(() => this.#rpc.getLatestBlockhash({ commitment: "confirmed" }).send())).value;
  }

  blockHeight(): Promise<bigint> {
    return this.#patiently(() => this.#rpc.getBlockHeight({ commitment: "confirmed" }).send());
  }

  slot(): Promise<bigint> {
    return this.#patiently(() => this.#rpc.getSlot({ commitment: "confirmed" }).send());
  }

  async send(transaction: Transaction, { preflight }: { readonly preflight: boolean }): Promise<"sent" | "expired"> {
    const wire = getBase64EncodedWireTransaction(transaction);
    const options = { encoding: "base64", skipPreflight: !preflight, preflightCommitment: "confirmed" } as const;
    try {
      await this.#patiently(() => this.#rpc.sendTransaction(wire, options).send());
      return "sent";
    } catch (error) {
      if (error instanceof ProgramError) throw error;
      const cause = isSolanaError(error) ? error.cause : undefined;
      if (isSolanaError(cause, SOLANA_ERROR__TRANSACTION_ERROR__BLOCKHASH_NOT_FOUND)) return "expired";
      // An answer was lost, and it was sent again.
      if (isSolanaError(cause, SOLANA_ERROR__TRANSACTION_ERROR__ALREADY_PROCESSED)) return "sent";
      throw refusal(error);
    }
  }

  async outcomes(signatures: readonly Signature[]): Promise<(Outcome | null)[]> {
    const { value } = await this.#patiently(() => this.#rpc.getSignatureStatuses(signatures).send());
    return value.map((status) => {
      if (status === null || status.confirmationStatus === "processed") return null;
      return { slot: status.slot, error: status.err === null ? null : jsonText(status.err) };
    });
  }

  async logs(signature: Signature): Promise<readonly string[]> {
    const options = { encoding: "json", maxSupportedTransactionVersion: 0, commitment: "confirmed" } as const;
    const found = await this.#patiently(() => this.#rpc.getTransaction(signature, options).send());
    return found?.meta?.logMessages ?? [];
  }

  async account(key: Address): Promise<ChainAccount | null> {
    const account = await this.#patiently(() => fetchEncodedAccount(this.#rpc, key, { commitment: "confirmed" }));
    if (!account.exists) return null;
    const { programAddress: owner, lamports, executable, data } = account;
    return { owner, lamports, executable, data: new Uint8Array(data) };
  }

  async rentExempt(dataLength: number): Promise<bigint> {
    const known = this.#rents.get(dataLength);
    if (known !== undefined) return known;
    const ask = () => this.#rpc.getMinimumBalanceForRentExemption(BigInt(dataLength)).send();
    const lamports = await this.#patiently(ask);
    this.#rents.set(dataLength, lamports);
    return lamports;
  }

  /** Accounts of a program whose bytes at the given places are these: addresses. */
  async find(
    owner: Address,
    filters: readonly { readonly offset: number; readonly base58: string }[],
  ): Promise<Address[]> {
    const memcmp = filters.map(({ offset, base58 }) => ({
      memcmp: { offset: BigInt(offset), bytes: base58 as never, encoding: "base58" as const },
    }));
    const dataSlice = { offset: 0, length: 0 };
    const options = { encoding: "base64", filters: memcmp, dataSlice } as const;
    const ask = () => this.#rpc.getProgramAccounts(owner, options).send();
    const found = await this.#patiently(ask).catch((error: Error) => {
      if (error instanceof ProgramError) throw error;
      throw new ProgramError("refused", `the network does not list accounts of ${owner}: ${error.message}`);
    });
    return found.map(({ pubkey }) => address(pubkey));
  }

  /** Asks the faucet and waits until the lamports are there. Throws a ProgramError when they will not come. */
  async airdrop(to: Address, lamports: bigint): Promise<Signature> {
    const faucet = this.#rpc as unknown as AirdropRpc;
    const signature = await this.#patiently(() => faucet.requestAirdrop(to, lamports).send()).catch((error: Error) => {
      if (error instanceof ProgramError) throw error;
      throw new ProgramError("refused", `the network gives no lamports: ${error.message}`);
    });
    // Not older than the transfer's.
    const { lastValidBlockHeight } = await this.latest();
    for (;;) {
      // In this order: what lands between the questions is not taken for expired.
      const height = await this.blockHeight();
      const [outcome] = await this.outcomes([signature]);
      if (outcome?.error) throw new ProgramError("failed", `the faucet's transfer failed: ${outcome.error}`);
      if (outcome) return signature;
      if (height > lastValidBlockHeight) {
        throw new ProgramError("failed", `the faucet's transfer has expired (${signature})`);
      }
      await sleep(FIRST_PAUSE_MS);
    }
  }

  async sleep(ms: number): Promise<void> {
    await sleep(ms);
  }
}

/** Kit's type for a URL of a main network leaves the method out. */
interface AirdropRpc {
  requestAirdrop(to: Address, lamports: bigint): { send(): Promise<Signature> };
}
