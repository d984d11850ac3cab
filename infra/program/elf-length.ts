/** Where a 64-bit little-endian ELF file ends by its own tables: a program account may have zeros behind it. */

const MAGIC = 0x464c457f;
const HEADER = 64;
const PROGRAM_HEADER = 56;
const SECTION_HEADER = 64;
/** A section without bytes in the file. */
const NOBITS = 8;

/** `bytes.length` where there is no ELF, or its tables lie outside. */
export function elfLength(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < HEADER || view.getUint32(0, true) !== MAGIC) return bytes.length;
  const u64 = (at: number): number => Number(view.getBigUint64(at, true));
  const [segments, sections] = [u64(32), u64(40)];
  const [numSegments, numSections] = [view.getUint16(56, true), view.getUint16(60, true)];
  let end = Math.max(HEADER, segments + numSegments * PROGRAM_HEADER, sections + numSections * SECTION_HEADER);
  if (end > bytes.length) return bytes.length;
  for (let i = 0; i < numSegments; i++) {
    const at = segments + i * PROGRAM_HEADER;
    end = Math.max(end, u64(at + 8) + u64(at + 32));
  }
  for (let i = 0; i < numSections; i++) {
    const at = sections + i * SECTION_HEADER;
    if (view.getUint32(at + 4, true) !== NOBITS) end = Math.max(end, u64(at + 24) + u64(at + 32));
  }
  return Math.min(end, bytes.length);
}
