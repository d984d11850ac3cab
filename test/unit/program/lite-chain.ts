/** Agave's runtime (litesvm) as the network of a deployment, with the misfortunes that a test asks for. */
import {
  type Address,
  address,
  type Blockhash,
  getBase64EncodedWireTransaction,
  getCompiledTransactionMessageDecoder,
  getSignatureFromTransaction,
  type KeyPairSigner,
  lamports,
  type Signature,
  type Transaction,
} from "@solana/kit";
import { FailedTransactionMetadata, LiteSVM } from "litesvm";
import type { Chain, ChainAccount, Lifetime, Outcome } from "../../../infra/program/chain.ts";
import { ProgramError } from "../../../infra/program/errors.ts";

/** Block heights for which a blockhash of this network lives. */
const WINDOW = 5n;

export class LiteChain implements Chain {
  readonly svm = new LiteSVM().withBlockhashCheck(false);
  /** Wire bytes of every transaction that came in, in order. */
  readonly received: Uint8Array[] = [];
  /** Transactions under way at once, at most. */
  mostAtOnce = 0;
  /** What becomes of the n-th transaction that comes in, from 0. */
  fate: (n: number) => "lands" | "is lost" | "breaks the line" = () => "lands";
  /** No slots but those that transactions make. */
  paused = false;
  readonly #outcomes = new Map<Signature, Outcome>();
  readonly #logs = new Map<Signature, readonly string[]>();
  readonly #heights = new Map<string, bigint>();
  #height = 100n;
  #atOnce = 0;

  fund(wallet: KeyPairSigner, sol = 100): void {
    this.svm.airdrop(wallet.address, lamports(BigInt(sol) * 1_000_000_000n));
  }

  async genesisHash(): Promise<string> {
    return "litesvm";
  }
  async latest(): Promise<Lifetime> {
    const blockhash = this.svm.latestBlockhash() as Blockhash;
    this.#heights.set(blockhash, this.#height);
    return { blockhash, lastValidBlockHeight: this.#height + WINDOW };
  }
  async blockHeight(): Promise<bigint> {
    return this.#height;
  }
  async slot(): Promise<bigint> {
    return this.svm.getClock().slot;
  }

  async send(transaction: Transaction, { preflight }: { readonly preflight: boolean }): Promise<"sent" | "expired"> {
    const signature = getSignatureFromTransaction(transaction);
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#atOnce);
    await new Promise((resolve) => setImmediate(resolve));
    this.#atOnce--;
    const n = this.received.push(Buffer.from(getBase64EncodedWireTransaction(transaction), "base64")) - 1;
    const fate = this.fate(n);
    if (fate === "breaks the line") throw new Error("the line broke");
    if (fate === "is lost" || this.#outcomes.has(signature)) return "sent";
    const message = getCompiledTransactionMessageDecoder().decode(transaction.messageBytes);
    if (this.#heights.get(message.lifetimeToken as string)! + WINDOW < this.#height) return "expired";
    const result = this.svm.sendTransaction(transaction as never);
    const failed = result instanceof FailedTransactionMetadata;
    const logs = failed ? result.meta().logs() : result.logs();
    const error = failed ? String(result.toString()) : null;
    if (failed && preflight) throw new ProgramError("refused", `${error}\n${logs.join("\n")}`);
    this.#outcomes.set(signature, { slot: this.svm.getClock().slot, error });
    this.#logs.set(signature, logs);
    return "sent";
  }

  async outcomes(signatures: readonly Signature[]): Promise<(Outcome | null)[]> {
    return signatures.map((signature) => this.#outcomes.get(signature) ?? null);
  }
  async logs(signature: Signature): Promise<readonly string[]> {
    return this.#logs.get(signature) ?? [];
  }
  async account(key: Address): Promise<ChainAccount | null> {
    const account = this.svm.getAccount(key);
    if (!account.exists) return null;
    const { lamports, executable, programAddress, data } = account;
    return { owner: address(programAddress), lamports, executable, data: new Uint8Array(data) };
  }
  async rentExempt(dataLength: number): Promise<bigint> {
    return this.svm.minimumBalanceForRentExemption(BigInt(dataLength));
  }

  /** Time goes on: a slot, a block height, a blockhash. */
  async sleep(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.paused) return;
    this.#height++;
    this.svm.warpToSlot(this.svm.getClock().slot + 1n);
    this.svm.expireBlockhash();
  }
}
