/** The block header (layouts/definitions/header.ts) as a plain object. */
import { HDR, HDR_FLAG_DEVELOPMENT, HDR_MAGIC_VALUE, readHeader, writeHeader } from "./layouts/header.ts";
import { epochOf, PROTOCOL_VERSION } from "./limits.ts";

export const HEADER_SIZE = HDR.SIZE;
const ZEROS = new Uint8Array(32);

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

export function encodeHeader(header: BlockHeader): Uint8Array {
  const out = new Uint8Array(HEADER_SIZE);
  const { justifyView = 0, justifySlot = 0, justify = ZEROS, election = ZEROS } = header;
  writeHeader(out, {
    ...header,
    magic: HDR_MAGIC_VALUE,
    epoch: epochOf(header.slot),
    flags: header.development ? HDR_FLAG_DEVELOPMENT : 0,
    protocolVersion: PROTOCOL_VERSION,
    justifyView,
    justifySlot,
    justify,
    election,
    validators: ZEROS,
    nextValidators: ZEROS,
    history: ZEROS,
    lanes: ZEROS,
    waiting: ZEROS,
  });
  return out;
}

/** Throws RangeError on anything that is not a header of this protocol version. */
export function decodeHeader(bytes: Uint8Array): BlockHeader {
  if (bytes.length < HEADER_SIZE) throw new RangeError(`a header has ${HEADER_SIZE} bytes, not ${bytes.length}`);
  const { magic, epoch, flags, protocolVersion, validators, nextValidators, history, lanes, waiting, ...header } =
    readHeader(bytes);
  if (magic !== HDR_MAGIC_VALUE) throw new RangeError("not a block header");
  if (protocolVersion !== PROTOCOL_VERSION) throw new RangeError(`a header of protocol version ${protocolVersion}`);
  return { ...header, development: (flags & HDR_FLAG_DEVELOPMENT) !== 0 };
}
