/**
 * The binary of @coral-xyz/anchor-cli for systems whose glibc is older than the 2.39 it was linked with. It needs one function of those
 * versions, fmod, and two that may be missing: their version requirements are set to the first version that there is, and all else stays.
 * ELF: "Symbol Versioning" of the Linux Standard Base, section .gnu.version_r.
 */
const SECTION_HEADERS = 0x28;
const SECTION_COUNT = 0x3c;
const SECTION_HEADER_SIZE = 64;
const VERSION_NEEDS = 0x6ffffffe;
const NEWER = ["GLIBC_2.38", "GLIBC_2.39"];
const OLDEST = "GLIBC_2.2.5";

export function withOlderGlibc(binary: Buffer): Buffer {
  const bytes = Buffer.from(binary);
  const headers = Number(bytes.readBigUInt64LE(SECTION_HEADERS));
  const section = (i: number) => headers + i * SECTION_HEADER_SIZE;
  const count = bytes.readUInt16LE(SECTION_COUNT);
  const needs = Array.from({ length: count }, (_, i) => section(i)).find(
    (header) => bytes.readUInt32LE(header + 4) === VERSION_NEEDS,
  )!;
  const contentOf = (header: number) => Number(bytes.readBigUInt64LE(header + 24));
  const strings = contentOf(section(bytes.readUInt32LE(needs + 40)));
  const nameAt = (offset: number) => bytes.toString("latin1", strings + offset, bytes.indexOf(0, strings + offset));
  for (let file = contentOf(needs), next = 1; next !== 0; file += next) {
    const versions: { at: number; name: string }[] = [];
    let at = file + bytes.readUInt32LE(file + 8);
    for (let step = 1; step !== 0; at += step) {
      versions.push({ at, name: nameAt(bytes.readUInt32LE(at + 8)) });
      step = bytes.readUInt32LE(at + 12);
    }
    const oldest = versions.find(({ name }) => name === OLDEST);
    for (const { at: entry, name } of versions) {
      if (!oldest || !NEWER.includes(name)) continue;
      // Its hash and its name.
      bytes.copy(bytes, entry, oldest.at, oldest.at + 4);
      bytes.copy(bytes, entry + 8, oldest.at + 8, oldest.at + 12);
    }
    next = bytes.readUInt32LE(file + 12);
  }
  return bytes;
}
