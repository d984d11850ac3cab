/** The users of a simulated network: they send, insist until a lane has taken it, read accounts, and remember all that they were told. */
import { createHash } from "node:crypto";
import { viewOf } from "../../shared/protocol/bytes.ts";
import { decodeHeader } from "../../shared/protocol/header.ts";
import type { Message, NodeId } from "../../shared/protocol/messages.ts";
import {
  decodeRecord,
  fillLoadedAddresses,
  makeFrame,
  REC,
  REC_FLAG_VERIFIED,
  recordSignature,
} from "../../shared/protocol/record.ts";
import { atOnce } from "../../shared/state/account-walk.ts";
import { encodeScanRequest } from "../../shared/state/accounts.ts";
import { WasmInstance } from "../../shared/svm/wasm-instance.ts";
import { type Cluster, type Outside, wasmModule } from "./cluster.ts";
import type { Dice } from "./dice.ts";
import { demand } from "./failure.ts";
import { LeasedReaders } from "./leased-readers.ts";
import type { Repeats } from "./repeats.ts";
import { type Batch, type Freshness, UNKNOWN_BLOCKHASH, type WantedTransaction } from "./workload.ts";
import { GENESIS_HASH, hex } from "./world.ts";

export interface SentTransaction {
  readonly number: number;
  readonly record: Uint8Array;
  readonly signature: string;
  readonly freshness: Freshness;
  /** Slot of its blockhash; -1 when that is none of the chain's. */
  readonly blockhashSlot: number;
  /** A lane has said that it holds it. */
  promised: boolean;
}

export interface ReadAnswer {
  /** As of the end of which slot. */
  readonly slot: number;
  readonly key: Uint8Array;
  /** The account, encoded. */
  readonly account: Uint8Array;
}

export interface ScanAnswer {
  readonly slot: number;
  readonly shard: number;
  readonly owner: Uint8Array;
  /** Account list, sorted by key. */
  readonly list: Uint8Array;
}

let parser: WasmInstance | undefined;
/** The record of a transaction as the edge makes it, or undefined when the edge would refuse it. */
function recordOf({ wire, loaded }: WantedTransaction): Uint8Array | undefined {
  parser ??= new WasmInstance(wasmModule());
  if (parser.call("txParse", wire) !== 0) return undefined;
  const record = parser.out();
  if (loaded) fillLoadedAddresses(record, [loaded], []);
  if (parser.call("txCheckLocks", record) !== 0) return undefined;
  record[REC.FLAGS]! |= REC_FLAG_VERIFIED;
  return record;
}

/**
 * Stands in for ed25519, which is checked at the edge, before all that is simulated here: a function of the message, so that the same message
 * has the same signature.
 */
function signRecord(record: Uint8Array): void {
  const { message, signatures } = decodeRecord(record);
  for (const [i, signature] of signatures.entries()) {
    signature.set(createHash("sha512").update(message).update(Uint8Array.of(i)).digest());
  }
}

const INSIST_MS = 250;

export class Clients implements Outside {
  readonly #dice: Dice;
  readonly #repeats: Repeats | undefined;
  readonly #readers = new LeasedReaders();
  #cluster!: Cluster;
  /** What was told as confirmed: block bytes by slot. */
  readonly told = new Map<number, Uint8Array>();
  /** Blockhashes and heights by slot, as told. */
  readonly #hashes = new Map<number, { blockhash: Uint8Array; height: number }>([
    [0, { blockhash: GENESIS_HASH, height: 0 }],
  ]);
  #tip = 0;
  readonly sent = new Map<number, SentTransaction>();
  /** Frames by "lane seq", as lanes sent them to the builder. */
  readonly laneFrames = new Map<string, Uint8Array>();
  readonly reads: ReadAnswer[] = [];
  readonly scans: ScanAnswer[] = [];

  /** `repeats`: judges what is sent again, if anybody shall. */
  constructor(dice: Dice, repeats?: Repeats) {
    this.#dice = dice;
    this.#repeats = repeats;
  }

  start(cluster: Cluster, batches: readonly Batch[]): void {
    this.#cluster = cluster;
    for (const batch of batches) {
      for (const [i, { afterMs, lane }] of batch.submissions.entries()) {
        cluster.scheduler.after(batch.atMs + afterMs, () => this.#submit(batch, lane, i === 0));
      }
    }
  }

  get tip(): number {
    return this.#tip;
  }

  onMessage(from: NodeId, to: NodeId, message: Message): void {
    this.#repeats?.check(from, to, message);
    // An edge may ask at any moment; this one is close to the next block.
    if (message.type === "committed") this.#look();
    if (message.type === "blockStored") this.#learn(message.slot, message.block);
    if (message.type === "frames") this.#sawFrame(`${from} ${message.seq}`, message.frame);
  }

  #look(): void {
    const { builder, scheduler } = this.#cluster;
    this.#readers.look(builder, this.#tip, scheduler.now);
  }

  #learn(slot: number, block: Uint8Array): void {
    const known = this.told.get(slot);
    demand(!known || hex(known) === hex(block), "lost", `block ${slot} was told twice, with different contents`);
    if (!known) this.told.set(slot, block);
    this.#readers.told(this.#cluster.builder, slot, this.#cluster.scheduler.now);
    const { blockhash, height } = decodeHeader(block);
    this.#hashes.set(slot, { blockhash, height });
    this.#tip = Math.max(this.#tip, slot);
  }

  #sawFrame(name: string, frame: Uint8Array): void {
    const known = this.laneFrames.get(name);
    demand(!known || hex(known) === hex(frame), "order", `frame ${name} was sent with different contents`);
    if (!known) this.laneFrames.set(name, frame);
  }

  #submit(batch: Batch, lane: number, insist: boolean): void {
    const cluster = this.#cluster;
    this.#look();
    const transactions = batch.transactions.map((wanted) => this.#prepare(wanted)).filter((tx) => tx !== undefined);
    if (transactions.length === 0) return;
    const frame = makeFrame(transactions.map(({ record }) => record));
    const host = cluster.lanes[lane]!;
    const names = batch.transactions.map(({ number }) => number).join(",");
    let answered = false;
    cluster.carry("client", host.id, `submit ${names}`, () => {
      cluster.trace?.(`client > ${host.id}  submit ${names}`);
      host.ask(
        (token) => ({ type: "submit", token, frame: frame.slice() }),
        (answer) => {
          if (answer.ok) for (const tx of transactions) tx.promised = true;
          cluster.carry(host.id, "client", `answer ${names}`, () => {
            if (answered) return;
            answered = true;
            if (!answer.ok && insist) {
              cluster.scheduler.after(answer.retryAfterMs, () => this.#submit(batch, lane, true));
            }
          });
        },
      );
    });
    if (!insist) return;
    cluster.scheduler.after(INSIST_MS, () => {
      if (answered) return;
      answered = true;
      this.#submit(batch, lane, true);
    });
  }

  /** Made once, with the blockhash of that moment; sent again as it is. */
  #prepare(wanted: WantedTransaction): SentTransaction | undefined {
    const known = this.sent.get(wanted.number);
    if (known) return known;
    const record = recordOf(wanted);
    if (!record) return undefined;
    const { blockhash, slot } = this.#blockhash(wanted);
    record.set(blockhash, REC.HEADER + viewOf(record).getUint16(REC.OFF_BLOCKHASH, true));
    signRecord(record);
    const signature = hex(recordSignature(record));
    const { number, freshness } = wanted;
    const sent: SentTransaction = { number, record, signature, freshness, blockhashSlot: slot, promised: false };
    this.sent.set(number, sent);
    return sent;
  }

  #blockhash({ freshness, number }: WantedTransaction): { blockhash: Uint8Array; slot: number } {
    if (freshness === "unknown") return { blockhash: UNKNOWN_BLOCKHASH, slot: -1 };
    if (freshness !== "recent") {
      const account = this.readAccount(freshness.nonce);
      return { blockhash: account?.slice(88 + 40, 88 + 72) ?? GENESIS_HASH, slot: -1 };
    }
    const dice = this.#dice;
    const old = dice.chance(`old blockhash ${number}`, 0.06);
    const age = old ? dice.between(`age ${number}`, 140, 152) : dice.below(`age ${number}`, 4);
    let slot = Math.max(0, this.#tip - age);
    // As an edge answers: the newest slot so far that raised the height, as far as that is certain from what was told.
    while (slot > 0 && !this.#raised(slot)) slot--;
    const told = this.#hashes.get(slot);
    return told ? { blockhash: told.blockhash, slot } : { blockhash: GENESIS_HASH, slot: 0 };
  }

  #raised(slot: number): boolean {
    const height = this.#hashes.get(slot)?.height;
    const before = this.#hashes.get(slot - 1)?.height;
    return height !== undefined && before !== undefined && height > before;
  }

  /** Asks the shard for an account as of the newest block that was told. The answer is kept for the oracle. */
  readAccount(key: Uint8Array): Uint8Array | undefined {
    const cluster = this.#cluster;
    const shard = cluster.shardOf(key);
    const host = cluster.shards[shard]!;
    if (!host.wake()) return undefined;
    const engine = cluster.engines[shard]!;
    const slot = Math.max(this.#tip, engine.base());
    const account = host.machine!.read(key, slot).slice(8);
    this.reads.push({ slot, key, account });
    return account;
  }

  /** Asks a shard for all its accounts of an owner, as of the newest block that was told. */
  scanShard(shard: number, owner: Uint8Array): void {
    const cluster = this.#cluster;
    const host = cluster.shards[shard]!;
    if (!host.wake()) return;
    const slot = Math.max(this.#tip, cluster.engines[shard]!.base());
    const list = atOnce(host.machine!.scan(encodeScanRequest(owner, { memcmp: [] }), slot))!;
    this.scans.push({ slot, shard, owner, list });
  }
}
