/** A network of one's own inside a test. */
import {
  type Address,
  createKeyPairSignerFromPrivateKeyBytes,
  getBase64EncodedWireTransaction,
  type KeyPairSigner,
  type RpcSubscriptions,
  type Signature,
  type SolanaRpcSubscriptionsApi,
  type Transaction,
} from "@solana/kit";
import { Failure } from "../infra/network/failure.ts";
import { type Json, stringify } from "../shared/rpc/json.ts";
import type { Engine, Moment, TestRpc } from "./engine.ts";
import { testGenesis } from "./genesis.ts";
import { InProcessEngine } from "./in-process.ts";
import { derive } from "./isolate/random.ts";
import { type CheckedOptions, checkOptions, type TestNetworkOptions } from "./options.ts";
import type { Outcome } from "./outcome.ts";
import { AccountRecorder } from "./recorder.ts";
import { ask, RpcFailure, rpcOver } from "./rpc.ts";
import { type LandedTransaction, type Trace, traceOf } from "./trace.ts";

/** What an account shall be; what is left out stays as it is. */
export interface AccountUpdate {
  /** 0: the account goes. Unset in a new account: as many as make it rent-exempt. */
  readonly lamports?: bigint | number;
  readonly owner?: Address | string;
  readonly data?: Uint8Array;
  readonly executable?: boolean;
  readonly rentEpoch?: bigint;
}

export interface TokenAccountUpdate {
  /** In the smallest unit. */
  readonly amount?: bigint | number;
  /** null: nobody. */
  readonly delegate?: Address | string | null;
  readonly delegatedAmount?: bigint | number;
  readonly state?: "uninitialized" | "initialized" | "frozen";
  readonly closeAuthority?: Address | string | null;
}

/** Exactly one of them; what has passed is refused. */
export type Journey =
  | { readonly slot: bigint | number }
  | { readonly epoch: bigint | number }
  /** Unix seconds. */
  | { readonly timestamp: bigint | number };

export interface ChainTime {
  readonly slot: bigint;
  readonly epoch: bigint;
  readonly blockHeight: bigint;
}

/** Names a snapshot; of one network, and as long as that is there. */
export type SnapshotId = number & { readonly __brand: "SnapshotId" };

/** How often it is looked whether a transaction has landed, milliseconds; only where that is not known at once. */
const POLL_MS = 5;
/** Block heights after which one that has not landed cannot. */
const WINDOW = 150n;
/** As JSON-RPC has it for a transaction that fails its simulation. */
const FAILED = -32002;
/** Snapshots of one network. */
const MAX_SNAPSHOTS = 10_000;

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
const text = (amount: bigint | number | undefined) => (amount === undefined ? undefined : String(amount));
const orNull = (key: string | null | undefined) => (key === null ? "null" : key);

export class TestNetwork implements AsyncDisposable {
  /** kit's RPC client. */
  readonly rpc: TestRpc;
  /** kit's client of PubSub. */
  readonly rpcSubscriptions: RpcSubscriptions<SolanaRpcSubscriptionsApi>;
  /** Has a million SOL from the genesis on, and pays for what tests send. */
  readonly payer: KeyPairSigner;
  readonly engine: "in-process" | "workerd";
  readonly clock: "manual" | "real";
  readonly #engine: Engine;
  readonly #recorder: AccountRecorder | undefined;
  readonly #options: CheckedOptions;
  readonly #snapshots = new Map<SnapshotId, Moment>();
  #nextSnapshot = 1;
  #closed: Promise<void> | undefined;

  /** Use startNetwork. */
  constructor(engine: Engine, options: CheckedOptions, payer: KeyPairSigner) {
    this.#engine = engine;
    this.#options = options;
    this.engine = options.engine;
    this.clock = options.clock;
    this.payer = payer;
    const recorder = options.recordAccounts
      ? new AccountRecorder(engine, (signature) => this.#landed(signature))
      : undefined;
    this.#recorder = recorder;
    this.rpc = rpcOver(engine, recorder && ((wire, send) => recorder.around(wire, send)));
    this.rpcSubscriptions = engine.rpcSubscriptions;
  }

  /** Where other clients reach the network, http://127.0.0.1:PORT. Opens the port when it is first asked for. */
  get url(): Promise<string> {
    return this.#engine.urls().then(({ http }) => http);
  }

  /** For clients of PubSub; on the port after that of `url`, where web3.js looks for it. */
  get wsUrl(): Promise<string> {
    return this.#engine.urls().then(({ webSocket }) => webSocket);
  }

  /** Transfers from the faucet; back when it has landed. Throws RpcFailure for more than the faucet has or less than rent takes. */
  async fund(address: Address | string, lamports: bigint | number): Promise<Signature> {
    const signature = await ask<Signature>(this.#engine, "requestAirdrop", [address, BigInt(lamports)]);
    const { meta } = await this.#landed(signature);
    if (meta.err !== null) throw new RpcFailure(FAILED, `the transfer failed: ${stringify(meta.err as Json)}`, meta);
    return signature;
  }

  /** Back when the chain shows it. Throws RpcFailure for accounts that the chain itself makes. */
  async setAccount(address: Address | string, update: AccountUpdate): Promise<void> {
    const { lamports, owner, data, executable, rentEpoch } = update;
    await ask(this.#engine, "surfnet_setAccount", [
      address,
      {
        lamports: text(lamports),
        owner,
        executable,
        rentEpoch: text(rentEpoch),
        data: data && [base64(data), "base64"],
      },
    ]);
  }

  /** Sets the associated token account of `owner` for `mint`, which must be there; those of USDC and USDT are. */
  async setTokenAccount(
    owner: Address | string,
    mint: Address | string,
    update: TokenAccountUpdate,
    tokenProgram?: Address | string,
  ): Promise<void> {
    const { amount, delegate, delegatedAmount, state, closeAuthority } = update;
    const account = {
      amount: text(amount),
      delegate: orNull(delegate),
      delegatedAmount: text(delegatedAmount),
      state,
      closeAuthority: orNull(closeAuthority),
    };
    const params: Json[] = [owner, mint, account];
    await ask(this.#engine, "surfnet_setTokenAccount", tokenProgram === undefined ? params : [...params, tokenProgram]);
  }

  /** Moves the chain's clock on to a slot, an epoch or a time; a block shows it. Throws RpcFailure for what has passed. */
  async timeTravel(to: Journey): Promise<ChainTime> {
    const target =
      "slot" in to
        ? { absoluteSlot: text(to.slot) }
        : "epoch" in to
          ? { absoluteEpoch: text(to.epoch) }
          : { absoluteTimestamp: String(BigInt(to.timestamp) * 1000n) };
    const info = await ask<Record<string, number | bigint>>(this.#engine, "surfnet_timeTravel", [target]);
    return {
      slot: BigInt(info.absoluteSlot!),
      epoch: BigInt(info.epoch!),
      blockHeight: BigInt(info.blockHeight!),
    };
  }

  /**
   * Lets so many milliseconds pass. With a manual clock everything that is due happens, in its order; with the real one the chain's clock is
   * moved, to whole seconds.
   */
  async advance(milliseconds: number): Promise<void> {
    if (!Number.isFinite(milliseconds) || milliseconds < 0) {
      throw new Failure("bad-option", `advance: ${milliseconds} is no number of milliseconds`);
    }
    if (await this.#engine.advance(milliseconds)) return;
    const slot = await ask<number>(this.#engine, "getSlot");
    const now = await ask<number>(this.#engine, "getBlockTime", [slot]);
    await this.timeTravel({ timestamp: now + Math.ceil(milliseconds / 1000) });
  }

  /**
   * Sends a signed transaction without preflight and waits until it has landed, failed or not; what the network refuses is an outcome
   * too.
   */
  async send(transaction: Transaction | Uint8Array): Promise<Outcome> {
    const wire =
      transaction instanceof Uint8Array ? base64(transaction) : getBase64EncodedWireTransaction(transaction as never);
    const config = { encoding: "base64", skipPreflight: true };
    const post = () => ask<Signature>(this.#engine, "sendTransaction", [wire, config]);
    const signature = this.#recorder ? await this.#recorder.sent(wire, post) : await post();
    return this.outcome(signature);
  }

  /** What became of a transaction. Throws an Error where it has not landed and cannot any more. */
  async outcome(signature: Signature | string): Promise<Outcome> {
    const { slot, meta } = await this.#landed(signature);
    const { err, logMessages, computeUnitsConsumed } = meta;
    return {
      signature: signature as Signature,
      slot: BigInt(slot),
      err,
      logs: logMessages ?? [],
      units: BigInt(computeUnitsConsumed ?? 0),
    };
  }

  /** Calls, compute units, logs and what changed of a transaction that has landed. */
  async trace(signature: Signature | string): Promise<Trace> {
    return traceOf(await this.#landed(signature), this.#recorder?.of(signature));
  }

  /** Remembers all that the network is now. It can be gone back to as often as wanted, also after having gone back further. */
  async snapshot(): Promise<SnapshotId> {
    if (this.#snapshots.size >= MAX_SNAPSHOTS) {
      throw new Failure("bad-option", `a network keeps ${MAX_SNAPSHOTS} snapshots; forget some with forgetSnapshot`);
    }
    const id = this.#nextSnapshot++ as SnapshotId;
    this.#snapshots.set(id, await this.#engine.snapshot());
    return id;
  }

  /** Makes the network what it was. Subscriptions of clients stay; requests that are not answered are rejected. */
  async revert(id: SnapshotId): Promise<void> {
    const moment = this.#snapshots.get(id);
    if (moment === undefined) throw new Failure("bad-option", `there is no snapshot ${id} of this network`);
    await this.#engine.revert(moment);
  }

  forgetSnapshot(id: SnapshotId): void {
    this.#snapshots.delete(id);
  }

  /** A second network that is what this one is now; from then on each goes its own way. */
  async fork(): Promise<TestNetwork> {
    return new TestNetwork(await this.#engine.fork(), this.#options, this.payer);
  }

  close(): Promise<void> {
    this.#snapshots.clear();
    this.#closed ??= this.#engine.close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Waits for it; with a manual clock it is there or will not come. */
  async #landed(signature: Signature | string): Promise<LandedTransaction> {
    const config = { encoding: "json", maxSupportedTransactionVersion: 1, commitment: "confirmed" };
    let last: bigint | undefined;
    for (;;) {
      const found = await ask<LandedTransaction | null>(this.#engine, "getTransaction", [signature, config]);
      if (found) return found;
      const height = BigInt(await ask<number>(this.#engine, "getBlockHeight"));
      last ??= height + WINDOW;
      if (this.clock === "manual" || height > last) throw new Error(`the transaction ${signature} has not landed`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

/**
 * Starts a network for a test: `await using net = await startNetwork()`. Throws a Failure, whose `code` says of what kind, for options that
 * cannot be.
 */
export async function startNetwork(options: TestNetworkOptions = {}): Promise<TestNetwork> {
  const checked = checkOptions(options);
  const genesis = await testGenesis(checked);
  const engine =
    checked.engine === "workerd"
      ? await (await import("./workerd.ts")).WorkerdEngine.start(checked, genesis)
      : await InProcessEngine.start(checked, genesis);
  try {
    await ask(engine, "getSlot");
    return new TestNetwork(
      engine,
      checked,
      await createKeyPairSignerFromPrivateKeyBytes(derive(checked.seed, "payer")),
    );
  } catch (error) {
    await engine.close();
    throw error;
  }
}
