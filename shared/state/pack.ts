/**
 * How a value is stored: `u8 format (0 as it is, 1 compressed), 3 x 0, u32 length as it was`, then the bytes. The compressor is the host's;
 * what it does not shrink by an eighth is stored as it is.
 */
import { viewOf } from "../protocol/bytes.ts";

export interface Codec {
  compress(bytes: Uint8Array): Uint8Array;
  decompress(bytes: Uint8Array): Uint8Array;
}

const HEADER = 8;
const RAW = 0;
const COMPRESSED = 1;
/** Shorter values are not worth the call. */
const WORTH = 256;

export function pack(bytes: Uint8Array, codec: Codec | undefined): Uint8Array {
  const small = codec && bytes.length >= WORTH ? codec.compress(bytes) : undefined;
  const body = small && small.length <= bytes.length - (bytes.length >> 3) ? small : bytes;
  const out = new Uint8Array(HEADER + body.length);
  out[0] = body === bytes ? RAW : COMPRESSED;
  viewOf(out).setUint32(4, bytes.length, true);
  out.set(body, HEADER);
  return out;
}

export function unpack(stored: Uint8Array, codec: Codec | undefined): Uint8Array {
  const format = stored[0];
  const body = stored.subarray(HEADER);
  if (format !== RAW && (format !== COMPRESSED || !codec))
    throw new Error(`a stored value of unknown format ${format}`);
  const bytes = format === RAW ? body : codec!.decompress(body);
  if (bytes.length !== viewOf(stored).getUint32(4, true))
    throw new Error("a stored value that does not have its length");
  return bytes;
}
