/** The block header (layouts/definitions/header.ts) as a plain object. */
import {
  HDR,
  HDR_FLAG_DEVELOPMENT,
  HDR_MAGIC_VALUE,
  type HeaderFields,
  readHeader,
  writeHeader,
} from "./layouts/header.ts";
import { epochOf, PROTOCOL_VERSION } from "./limits.ts";

export const HEADER_SIZE = HDR.SIZE;
const ZEROS = new Uint8Array(32);

/** What every header has alike, or what follows from the rest of it. */
type Implied = "magic" | "epoch" | "flags" | "protocolVersion" | Reserved;
type Reserved = "validators" | "nextValidators" | "history" | "lanes" | "waiting";
/** There are no votes yet; unset: zeros. */
type Votes = "justifyView" | "justifySlot" | "justify" | "election";

export interface BlockHeader extends Omit<HeaderFields, Implied | Votes>, Partial<Pick<HeaderFields, Votes>> {
  /** Whether the slot context was that of a network for development. */
  readonly development: boolean;
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
