/**
 * Accounts set by decree on a network for development: transactions of its faucet to the program that does it
 * (wasm/svm/programs/dev-network), so that they are in blocks like everything that changes an account.
 *
 *   small data    one Set
 *   large data    Write, Write, ... into staging accounts of SEGMENT bytes, then one Set that takes them over, checked by their SHA-256;
 *                 a Drop where it cannot
 */
import { sha256 } from "../../durable-objects/host/sha256.ts";
import { ByteWriter } from "../../shared/protocol/bytes.ts";
import { BLOCKHASH_WINDOW } from "../../shared/protocol/limits.ts";
import { makeFrame } from "../../shared/protocol/record.ts";
import type { AccountDecree, Backend, Head, SubmitResult } from "../../shared/rpc/backend.ts";
import { errorText } from "../../shared/rpc/error-text.ts";
import { invalidParams, nodeUnhealthy, notTaken, type RpcError } from "../../shared/rpc/errors.ts";
import { DEV_NETWORK_PROGRAM, keyBytes } from "../../shared/rpc/keys.ts";
import type { Faucet } from "./faucet.ts";

/** Data that fit into the transaction that sets the account. */
const INLINE = 900;
/** Bytes in one write, and in one staging account: small enough that 27 of them, their addresses in one transaction, have 10 MiB. */
const CHUNK = 1_000;
const SEGMENT = 384 * 1024;
/** Transactions in a frame for a lane, which takes 1 MiB. */
const FRAME = 500;
const POLL_MS = 10;
/** Accounts, and bytes of their data, that are set at once. */
const GROUP = 256;
const GROUP_BYTES = 12 << 20;

const WRITE = 0;
const SET = 1;
const DROP = 2;
const SETS = {
  lamports: 1,
  owner: 2,
  executable: 4,
  rentEpoch: 8,
  data: 16,
  stagedData: 32,
  /** Nothing, where the account is there when the transaction runs. */
  missingOnly: 64,
} as const;

type Chain = Pick<Backend, "head" | "statuses">;

interface Staged {
  readonly accounts: readonly Uint8Array[];
  readonly writes: readonly Uint8Array[];
}

/** A legacy message with one instruction of the program; all accounts are written, the first one signs. */
function messageOf(accounts: readonly Uint8Array[], data: Uint8Array, blockhash: Uint8Array): Uint8Array {
  const writer = new ByteWriter().u8(1).u8(0).u8(1);
  writer.u8(accounts.length + 1);
  for (const key of accounts) writer.raw(key);
  writer.raw(keyBytes(DEV_NETWORK_PROGRAM)).raw(blockhash);
  writer.u8(1).u8(accounts.length).u8(accounts.length);
  for (let i = 0; i < accounts.length; i++) writer.u8(i);
  if (data.length < 0x80) writer.u8(data.length);
  else writer.u8((data.length & 0x7f) | 0x80).u8(data.length >> 7);
  return writer.raw(data).bytes();
}

function setData(decree: AccountDecree, staged: boolean): Uint8Array {
  const { lamports, owner, executable, rentEpoch, data, missingOnly } = decree;
  const sets =
    (missingOnly ? SETS.missingOnly : 0) |
    (lamports === undefined ? 0 : SETS.lamports) |
    (owner === undefined ? 0 : SETS.owner) |
    (executable === undefined ? 0 : SETS.executable) |
    (rentEpoch === undefined ? 0 : SETS.rentEpoch) |
    (data === undefined ? 0 : staged ? SETS.stagedData : SETS.data);
  const writer = new ByteWriter().u8(SET).u8(sets);
  writer.u8(executable ? 1 : 0).u8(0);
  writer.u32(data?.length ?? 0);
  writer.u64(lamports ?? 0n).u64(rentEpoch ?? 0n);
  // Two decrees that say the same are two transactions.
  writer.raw(crypto.getRandomValues(new Uint8Array(8))).raw(owner ?? new Uint8Array(32));
  if (data) writer.raw(staged ? sha256(data) : data);
  return writer.bytes();
}

/** As many as are set at once. */
export function* groupsOf<T extends Pick<AccountDecree, "data">>(accounts: readonly T[]): Generator<readonly T[]> {
  let group: T[] = [];
  let bytes = 0;
  for (const account of accounts) {
    const { length } = account.data ?? new Uint8Array(0);
    if (group.length === GROUP || (group.length > 0 && bytes + length > GROUP_BYTES)) {
      yield group;
      [group, bytes] = [[], 0];
    }
    group.push(account);
    bytes += length;
  }
  if (group.length > 0) yield group;
}

export class Decrees {
  readonly #faucet: Faucet;
  readonly #chain: Chain;
  readonly #submit: (frame: Uint8Array) => Promise<SubmitResult>;

  /** `submit`: to one lane, always the same, so that what is sent first is executed first. */
  constructor(faucet: Faucet, chain: Chain, submit: (frame: Uint8Array) => Promise<SubmitResult>) {
    this.#faucet = faucet;
    this.#chain = chain;
    this.#submit = submit;
  }

  /** Resolves when a block has it; throws RpcError when it cannot be. */
  async set(decree: AccountDecree): Promise<void> {
    const [fault] = await this.setAll([decree]);
    if (fault) throw fault;
  }

  /** Any number of them, in this order. Throws RpcError for the first one that cannot be set; those behind it may have been. */
  async setEach(decrees: readonly AccountDecree[]): Promise<void> {
    for (const some of groupsOf(decrees)) {
      const fault = (await this.setAll(some)).find((one) => one !== null);
      if (fault) throw fault;
    }
  }

  /** Sets them in this order; for each null, or why it cannot be. Their data together have at most a few times what one account may have. */
  async setAll(decrees: readonly AccountDecree[]): Promise<(RpcError | null)[]> {
    const head = await this.#chain.head();
    const messages: Uint8Array[] = [];
    const sets = decrees.map((decree) => {
      const { data } = decree;
      const isStaged = data !== undefined && data.length > INLINE;
      const staged = isStaged ? this.#stage(data, head.blockhash) : { accounts: [], writes: [] };
      const accounts = [this.#faucet.address, decree.key, ...staged.accounts];
      messages.push(...staged.writes, messageOf(accounts, setData(decree, isStaged), head.blockhash));
      return { at: messages.length - 1, staged: staged.accounts };
    });
    try {
      const signatures = await this.#send(messages);
      const own = sets.map(({ at }) => signatures[at]!);
      const faults = await this.#wait(own, head);
      for (const [i, fault] of faults.entries()) {
        if (fault && sets[i]!.staged.length > 0) await this.#drop(sets[i]!.staged);
      }
      return faults;
    } catch (fault) {
      for (const { staged } of sets) if (staged.length > 0) await this.#drop(staged);
      throw fault;
    }
  }

  /** Takes back what was staged in vain. Why it was in vain is what the caller is told, whatever becomes of this. */
  async #drop(accounts: readonly Uint8Array[]): Promise<void> {
    try {
      const head = await this.#chain.head();
      const drop = messageOf([this.#faucet.address, ...accounts], Uint8Array.of(DROP), head.blockhash);
      const [refused] = await this.#wait(await this.#send([drop]), head);
      if (refused) throw refused;
    } catch (fault) {
      console.error(`staging accounts stay: ${fault}`);
    }
  }

  #stage(data: Uint8Array, blockhash: Uint8Array): Staged {
    const accounts: Uint8Array[] = [];
    const writes: Uint8Array[] = [];
    for (let from = 0; from < data.length; from += SEGMENT) {
      const segment = data.subarray(from, from + SEGMENT);
      const key = crypto.getRandomValues(new Uint8Array(32));
      accounts.push(key);
      for (let at = 0; at < segment.length; at += CHUNK) {
        const writer = new ByteWriter().u8(WRITE).u8(0).u8(0).u8(0);
        writer.u32(segment.length).u32(at);
        writer.raw(segment.subarray(at, at + CHUNK));
        writes.push(messageOf([this.#faucet.address, key], writer.bytes(), blockhash));
      }
    }
    return { accounts, writes };
  }

  /** Signs and sends in this order; the signatures. */
  async #send(messages: readonly Uint8Array[]): Promise<Uint8Array[]> {
    const signatures: Uint8Array[] = [];
    for (let from = 0; from < messages.length; from += FRAME) {
      const signed = await Promise.all(messages.slice(from, from + FRAME).map((message) => this.#faucet.sign(message)));
      const frame = makeFrame(signed.map(({ record }) => record));
      for (const { signature } of signed) signatures.push(signature);
      for (;;) {
        const answer = await this.#submit(frame);
        if (answer.ok) break;
        if (answer.full) throw notTaken(answer);
        await new Promise((resolve) => setTimeout(resolve, answer.retryAfterMs));
      }
    }
    return signatures;
  }

  /** Back when all have landed; for each null, or why it failed. */
  async #wait(signatures: readonly Uint8Array[], { blockHeight }: Head): Promise<(RpcError | null)[]> {
    for (;;) {
      const head = await this.#chain.head();
      const statuses = await this.#chain.statuses(signatures);
      if (statuses.every((status) => status !== null)) {
        return statuses.map((status) =>
          status.txError === 0 ? null : invalidParams(`the account cannot be set: ${errorText(status)}`),
        );
      }
      if (head.blockHeight > blockHeight + BigInt(BLOCKHASH_WINDOW)) throw nodeUnhealthy();
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}
