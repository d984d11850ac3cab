/**
 * Block header, fixed 576 bytes, little-endian. A function of parent, body (the records in their order) and slot context only: neither the plan
 * nor who executed what nor how many shards there are shows in it. Consensus.
 *
 *   0 u32 magic "BLK2"   4 u32 0   8 u64 slot   16 u64 view   24 u64 parentSlot   32 i64 unixTimestamp
 *  40 hash parentBlockhash   72 hash blockhash (commits to order: parent, slot, view, time, transactions)
 * 104 hash parentHeaderHash  136 hash effectHash (over a hash for each virtual shard that changed: wasm/state/effects.ts)
 * 168 hash stateRoot = SHA-256(parent's stateRoot || effectHash)   200 hash resultsHash
 * 232 u32 numTransactions (landed)  236 u32 epoch
 * 240 u64 fees burned (lamports)   248 u64 capitalization (lamports after the block)
 * 256 u64 transactionCount (landed since genesis)   264 i64 epochStartTimestamp   272 u64 block height
 * 280 u32 flags: bit 0 account overrides of a development network were done   284 u32 protocolVersion
 * 288 u64 justifyView  296 u64 justifySlot  304 hash justify  336 hash election (zeros: there are no votes)
 * 368 hash validators  400 hash nextValidators  432 hash history  464 hash lanes  496 hash waiting  528 16 bytes: reserved, zero
 * 544 hash of the epoch record (shared/stake/epoch-record.ts)
 */
import { viewOf } from "./bytes.ts";
import { epochOf, PROTOCOL_VERSION } from "./limits.ts";

export const HEADER_SIZE = 576;
const MAGIC = 0x324b4c42;
const FLAG_DEVELOPMENT = 1;

export interface BlockHeader {
  readonly slot: number;
  readonly view: number;
  readonly parentSlot: number;
  readonly unixTimestamp: number;
  readonly parentBlockhash: Uint8Array;
  readonly blockhash: Uint8Array;
  readonly parentHeaderHash: Uint8Array;
  readonly effectHash: Uint8Array;
  readonly stateRoot: Uint8Array;
  readonly resultsHash: Uint8Array;
  readonly numTransactions: number;
  readonly fees: bigint;
  readonly capitalization: bigint;
  readonly transactionCount: bigint;
  readonly epochStartTimestamp: number;
  /** How often the height was raised since the genesis, by this block too: see MAX_HEIGHT_STRIDE. */
  readonly height: number;
  /** Whether the slot context was that of a network for development. */
  readonly development: boolean;
  /** Of the epoch record that the slot context named; zeros: the empty one. */
  readonly epochHash: Uint8Array;
  /** View, slot and header hash of the block that the newest certificate known to the builder certifies. Unset: zeros, there are no votes. */
  readonly justifyView?: number;
  readonly justifySlot?: number;
  readonly justify?: Uint8Array;
  /** SHA-256 of the certificate that opened the view. Unset: zeros. */
  readonly election?: Uint8Array;
}

export function encodeHeader(h: BlockHeader): Uint8Array {
  const out = new Uint8Array(HEADER_SIZE);
  const view = viewOf(out);
  view.setUint32(0, MAGIC, true);
  view.setBigUint64(8, BigInt(h.slot), true);
  view.setBigUint64(16, BigInt(h.view), true);
  view.setBigUint64(24, BigInt(h.parentSlot), true);
  view.setBigInt64(32, BigInt(h.unixTimestamp), true);
  out.set(h.parentBlockhash, 40);
  out.set(h.blockhash, 72);
  out.set(h.parentHeaderHash, 104);
  out.set(h.effectHash, 136);
  out.set(h.stateRoot, 168);
  out.set(h.resultsHash, 200);
  view.setUint32(232, h.numTransactions, true);
  view.setUint32(236, epochOf(h.slot), true);
  view.setBigUint64(240, h.fees, true);
  view.setBigUint64(248, h.capitalization, true);
  view.setBigUint64(256, h.transactionCount, true);
  view.setBigInt64(264, BigInt(h.epochStartTimestamp), true);
  view.setBigUint64(272, BigInt(h.height), true);
  view.setUint32(280, h.development ? FLAG_DEVELOPMENT : 0, true);
  view.setUint32(284, PROTOCOL_VERSION, true);
  view.setBigUint64(288, BigInt(h.justifyView ?? 0), true);
  view.setBigUint64(296, BigInt(h.justifySlot ?? 0), true);
  if (h.justify) out.set(h.justify, 304);
  if (h.election) out.set(h.election, 336);
  out.set(h.epochHash, 544);
  return out;
}

/** Throws RangeError on anything that is not a header of this protocol version. */
export function decodeHeader(bytes: Uint8Array): BlockHeader {
  if (bytes.length < HEADER_SIZE) throw new RangeError(`a header has ${HEADER_SIZE} bytes, not ${bytes.length}`);
  const view = viewOf(bytes);
  if (view.getUint32(0, true) !== MAGIC) throw new RangeError("not a block header");
  const version = view.getUint32(284, true);
  if (version !== PROTOCOL_VERSION) throw new RangeError(`a header of protocol version ${version}`);
  const hash = (at: number) => bytes.slice(at, at + 32);
  return {
    slot: Number(view.getBigUint64(8, true)),
    view: Number(view.getBigUint64(16, true)),
    parentSlot: Number(view.getBigUint64(24, true)),
    unixTimestamp: Number(view.getBigInt64(32, true)),
    parentBlockhash: hash(40),
    blockhash: hash(72),
    parentHeaderHash: hash(104),
    effectHash: hash(136),
    stateRoot: hash(168),
    resultsHash: hash(200),
    numTransactions: view.getUint32(232, true),
    fees: view.getBigUint64(240, true),
    capitalization: view.getBigUint64(248, true),
    transactionCount: view.getBigUint64(256, true),
    epochStartTimestamp: Number(view.getBigInt64(264, true)),
    height: Number(view.getBigUint64(272, true)),
    development: (view.getUint32(280, true) & FLAG_DEVELOPMENT) !== 0,
    justifyView: Number(view.getBigUint64(288, true)),
    justifySlot: Number(view.getBigUint64(296, true)),
    justify: hash(304),
    election: hash(336),
    epochHash: hash(544),
  };
}
