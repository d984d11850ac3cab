/** Compression of what objects store, by the runtime's native Zstandard at its fastest level. */
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type { Codec } from "../../shared/state/pack.ts";

const FASTEST = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

const bytesOf = (buffer: Uint8Array): Uint8Array => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);

export const zstd: Codec = {
  compress: (bytes) => bytesOf(zstdCompressSync(bytes, FASTEST)),
  decompress: (bytes) => bytesOf(zstdDecompressSync(bytes)),
};
