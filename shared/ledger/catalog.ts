/**
 * Which generation of the ledger has which blocks, and which partitions of the index their entries. The newest generation keeps it
 * and hands it on to the next one.
 *
 *   ledger-3 [ slots 900.. ]  newest    index-1 .. index-8   entries after slot 700
 *   ledger-2 [ 500..899 ]               index-0              entries after slot 0, up to 700
 *   ledger-1 [ 200..499 ]
 *   ledger-0   dropped
 */
import { ByteReader, ByteWriter } from "../protocol/bytes.ts";
import { type NodeId, nodeNumber } from "../protocol/messages.ts";
import type { IndexKey } from "./index-run.ts";

/** A generation that takes no more blocks. */
export interface Generation {
  readonly number: number;
  /** Slots of its first and its last block. */
  readonly firstSlot: number;
  readonly lastSlot: number;
  /** Unix seconds of its last block. */
  readonly lastTime: number;
  /** Bytes of its blocks and of their entries in the index. */
  readonly bytes: number;
}

/** Index partitions that share the entries of a stretch of slots by their keys: objects `first` to `first + partitions - 1`. */
export interface IndexGeneration {
  readonly first: number;
  /** A power of two. */
  readonly partitions: number;
  /** It has the entries of slots after `begin` ... */
  readonly begin: number;
  /** ... up to `end`; undefined: it takes those to come. */
  readonly end: number | undefined;
}

export interface Catalog {
  /** Rises with every change. */
  readonly version: number;
  /** Number of the newest generation, which takes the blocks. */
  readonly generation: number;
  /** Slot from which on it takes them. */
  readonly begin: number;
  /** Older generations that can be read, oldest first. */
  readonly finished: readonly Generation[];
  /** Oldest first; the last one takes entries. */
  readonly indexes: readonly IndexGeneration[];
  /** Objects that are to forget everything and have not said yet that they have. */
  readonly drops: readonly NodeId[];
}

/** How much of the past is kept; what is absent limits nothing. */
export interface Keep {
  /** Bytes of blocks and index entries, the newest generation included. */
  readonly bytes?: number | undefined;
  readonly seconds?: number | undefined;
}

/** Partitions that one generation of the index has at most. */
export const MAX_PARTITIONS = 64;
const GROWTH = 8;
/** Slot that is none. */
const OPEN = Number.MAX_SAFE_INTEGER;

export function firstCatalog(partitions: number): Catalog {
  const indexes = [{ first: 0, partitions, begin: 0, end: undefined }];
  return { version: 1, generation: 0, begin: 0, finished: [], indexes, drops: [] };
}

/** The partition, from 0, that has a key. */
export function partitionOf({ low }: IndexKey, partitions: number): number {
  return Math.floor((low / 2 ** 32) * partitions);
}

/** The catalog as the next generation begins with it. */
export function nextCatalog(catalog: Catalog, finished: Generation): Catalog {
  return {
    ...catalog,
    version: catalog.version + 1,
    generation: catalog.generation + 1,
    begin: finished.lastSlot + 1,
    finished: [...catalog.finished, finished],
  };
}

/**
 * A new generation of the index takes the entries after `slot`. Every second one is eight times as wide, so that the number of those that a
 * lookup must ask grows with the logarithm of the history, up to 64 partitions.
 */
export function nextIndex(catalog: Catalog, slot: number, base: number): Catalog {
  const last = catalog.indexes.at(-1)!;
  const partitions = Math.min(MAX_PARTITIONS, base * GROWTH ** Math.floor(catalog.indexes.length / 2));
  const next = { first: last.first + last.partitions, partitions, begin: slot, end: undefined };
  const indexes = [...catalog.indexes.slice(0, -1), { ...last, end: slot }, next];
  return { ...catalog, version: catalog.version + 1, indexes };
}

/** Leaves out the oldest generations as far as `keep` asks for it. `bytes`, `time`: of the newest generation, so far. */
export function forgetOld(catalog: Catalog, keep: Keep, bytes: number, time: number): Catalog {
  const { finished } = catalog;
  let total = finished.reduce((sum, generation) => sum + generation.bytes, bytes);
  let gone = 0;
  while (gone < finished.length) {
    const oldest = finished[gone]!;
    const isTooMuch = keep.bytes !== undefined && total > keep.bytes;
    const isTooOld = keep.seconds !== undefined && oldest.lastTime < time - keep.seconds;
    if (!isTooMuch && !isTooOld) break;
    total -= oldest.bytes;
    gone++;
  }
  if (gone === 0) return catalog;
  const left = finished.slice(gone);
  const first = left[0]?.firstSlot ?? catalog.begin;
  const isPast = ({ end }: IndexGeneration): boolean => end !== undefined && end < first;
  const drops: NodeId[] = [
    ...finished.slice(0, gone).map(({ number }): NodeId => `ledger-${number}`),
    ...catalog.indexes.filter(isPast).flatMap(objectsOf),
  ];
  return {
    ...catalog,
    version: catalog.version + 1,
    finished: left,
    indexes: catalog.indexes.filter((index) => !isPast(index)),
    drops: [...catalog.drops, ...drops],
  };
}

export function objectsOf({ first, partitions }: IndexGeneration): NodeId[] {
  return Array.from({ length: partitions }, (_, i): NodeId => `index-${first + i}`);
}

/** Number of the generation that has a slot; undefined: it is too old. */
export function generationOf(catalog: Catalog, slot: number): number | undefined {
  if (slot >= catalog.begin) return catalog.generation;
  // Slots between two generations were skipped: any of the two says so.
  return catalog.finished.find(({ lastSlot }) => slot <= lastSlot && slot >= firstSlotOf(catalog))?.number;
}

/** The oldest slot that can be read. */
export function firstSlotOf(catalog: Catalog): number {
  return catalog.finished[0]?.firstSlot ?? catalog.begin;
}

export function encodeCatalog(catalog: Catalog): Uint8Array {
  const writer = new ByteWriter().u32(catalog.version).u32(catalog.generation).u64(catalog.begin);
  writer.u32(catalog.finished.length);
  for (const { number, firstSlot, lastSlot, lastTime, bytes } of catalog.finished) {
    writer.u32(number).u64(firstSlot).u64(lastSlot).i64(lastTime).u64(bytes);
  }
  writer.u32(catalog.indexes.length);
  for (const { first, partitions, begin, end } of catalog.indexes) {
    writer
      .u32(first)
      .u32(partitions)
      .u64(begin)
      .u64(end ?? OPEN);
  }
  writer.u32(catalog.drops.length);
  for (const node of catalog.drops) writer.u8(node.startsWith("ledger-") ? 0 : 1).u32(nodeNumber(node));
  return writer.bytes();
}

export function decodeCatalog(bytes: Uint8Array): Catalog {
  const reader = new ByteReader(bytes);
  const slot = () => Number(reader.u64());
  const [version, generation, begin] = [reader.u32(), reader.u32(), slot()];
  const finished = Array.from({ length: reader.u32() }, () => ({
    number: reader.u32(),
    firstSlot: slot(),
    lastSlot: slot(),
    lastTime: Number(reader.i64()),
    bytes: slot(),
  }));
  const indexes = Array.from({ length: reader.u32() }, () => {
    const index = { first: reader.u32(), partitions: reader.u32(), begin: slot() };
    const end = slot();
    return { ...index, end: end === OPEN ? undefined : end };
  });
  const drops = Array.from({ length: reader.u32() }, (): NodeId => {
    const kind = reader.u8() === 0 ? "ledger" : "index";
    return `${kind}-${reader.u32()}`;
  });
  return { version, generation, begin, finished, indexes, drops };
}
