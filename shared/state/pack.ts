/**
 * How a value is stored: PACK, then the bytes. The compressor is the host's;
 * what it does not shrink by an eighth is stored as it is.
 */
import { viewOf } from "../protocol/bytes.ts";
import { PACK, PACK_COMPRESSED, PACK_RAW } from "../protocol/layouts/stored.ts";

export interface Codec {
  compress(bytes: Uint8Array): Uint8Array;
  decompress(bytes: Uint8Array): Uint8Array;
}

/** Bytes of a value that is worth the call: that costs as much as writing 20 KiB, and each block has a row of a few. */
const WORTH = 8_192;

/** Of a longer value a piece is tried first: what does not shrink should not be in memory twice more. */
const LONG = 1 << 20;
const PIECE = 64 << 10;

function shrinks(bytes: Uint8Array, codec: Codec): boolean {
  if (bytes.length < LONG) return bytes.length >= WORTH;
  const middle = (bytes.length - PIECE) >>> 1;
  return codec.compress(bytes.subarray(middle, middle + PIECE)).length <= PIECE - (PIECE >> 3);
}

export function pack(bytes: Uint8Array, codec: Codec | undefined): Uint8Array {
  const small = codec && shrinks(bytes, codec) ? codec.compress(bytes) : undefined;
  const body = small && small.length <= bytes.length - (bytes.length >> 3) ? small : bytes;
  const out = new Uint8Array(PACK.HEADER + body.length);
  out[PACK.FORMAT] = body === bytes ? PACK_RAW : PACK_COMPRESSED;
  viewOf(out).setUint32(PACK.LENGTH, bytes.length, true);
  out.set(body, PACK.HEADER);
  return out;
}

export function unpack(stored: Uint8Array, codec: Codec | undefined): Uint8Array {
  const format = stored[PACK.FORMAT];
  const body = stored.subarray(PACK.HEADER);
  if (format !== PACK_RAW && (format !== PACK_COMPRESSED || !codec))
    throw new Error(`a stored value of unknown format ${format}`);
  const bytes = format === PACK_RAW ? body : codec!.decompress(body);
  if (bytes.length !== viewOf(stored).getUint32(PACK.LENGTH, true))
    throw new Error("a stored value that does not have its length");
  return bytes;
}
