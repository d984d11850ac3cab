/** Byte layouts: written once, generated for both languages and the documentation, and the same in both. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { docsWithTables } from "../../../infra/build/layouts/docs.ts";
import { generatedFiles } from "../../../infra/build/layouts.ts";
import { FORMAT_VERSION } from "../../../infra/network/genesis.ts";
import { decodeHeader, encodeHeader, HEADER_SIZE } from "../../../shared/protocol/header.ts";
import { assertSameLayouts, fingerprintOf } from "../../../shared/protocol/layouts/check.ts";
import { LAYOUT_FILES } from "../../../shared/protocol/layouts/definitions/index.ts";
import {
  bytes,
  constant,
  hash,
  layout,
  screaming,
  u8,
  u32,
  u64,
  zeros,
} from "../../../shared/protocol/layouts/schema.ts";
import { SHARED_TABLES } from "../../../shared/protocol/layouts/tables.ts";
import { WasmInstance } from "../../../shared/svm/wasm-instance.ts";
import { wasmModule } from "../../wasm-module.ts";

const root = join(import.meta.dirname, "../../..");
/** What nobody stores: inputs and outputs of instances, and formats to come. */
const NOT_STORED = [
  "SCAN",
  "MEMCMP",
  "COLD_SCAN",
  "LARGEST",
  "WANTED",
  "FAULT",
  "ANSWER",
  "TOTALS",
  "SIM",
  "PROFILE",
].concat(["VERDICTS", "PLANNED", "SHARE", "FRAME_HEAD", "DIGEST"]);
/** Of all the others; written anew where FORMAT_VERSION was raised for one of them. */
const PINNED = { version: 11, fingerprint: 0xf7d78482 };
const text = { name: "Thing", prefix: "THING", about: "A thing.", consensus: false } as const;

describe("generated layouts", () => {
  it("are what their definitions say: npm run build:layouts", () => {
    const stale = [...generatedFiles()].filter(([path, now]) => readFileSync(join(root, path), "utf8") !== now);
    expect(stale.map(([path]) => path)).toEqual([]);
  });

  it("have a place in the documentation, each of them", () => {
    expect(() => docsWithTables("# Interfaces", LAYOUT_FILES)).toThrow("no place for the layouts of header");
    const docs = readFileSync(join(root, "docs/interfaces.md"), "utf8");
    const changed = docs.replace("burned by the block", "burned");
    expect(changed).not.toBe(docs);
    expect(docsWithTables(changed, LAYOUT_FILES)).toBe(docs);
  });

  it("are those of the version of stored formats: who changes one raises it", () => {
    const tables = LAYOUT_FILES.flatMap(({ layouts }) => layouts)
      .filter(({ side, prefix }) => side !== "wasm" && !NOT_STORED.includes(prefix))
      .map(({ fields, size }) => Object.fromEntries([...fields.map(({ name, offset }) => [name, offset]), ["", size]]));
    const isAsPinned = fingerprintOf(tables) === PINNED.fingerprint;
    expect(isAsPinned || FORMAT_VERSION > PINNED.version).toBe(true);
  });

  it("have different names", () => {
    const layouts = LAYOUT_FILES.flatMap(({ layouts: all }) => all);
    expect(new Set(layouts.map(({ prefix }) => prefix)).size).toBe(layouts.length);
    expect(new Set(layouts.map(({ name }) => name)).size).toBe(layouts.length);
  });
});

describe("layout", () => {
  it("places fields one behind the other", () => {
    const { fields } = layout(
      { ...text, size: 48 },
      { magic: u32("m"), pad: zeros(4), numLends: u64("n"), of: hash("h") },
    );
    expect(fields.map(({ constant: name, offset }) => [name, offset])).toEqual([
      ["MAGIC", 0],
      ["PAD", 4],
      ["NUM_LENDS", 8],
      ["OF", 16],
    ]);
  });

  it("refuses another size, a number that is not aligned and a name twice", () => {
    expect(() => layout({ ...text, size: 5 }, { a: u32("a") })).toThrow("Thing has 4 bytes, not 5");
    expect(() => layout({ ...text, size: 5 }, { a: u8("a"), b: u32("b") })).toThrow("Thing.b at 1 is not aligned");
    expect(layout({ ...text, size: 5, packed: true }, { a: u8("a"), b: u32("b") }).fields[1]!.offset).toBe(1);
    expect(() => layout({ ...text, size: 4 }, { size: bytes(4, "b") })).toThrow("Thing has two constants SIZE");
    const constants = { LEN: constant(1, "one") };
    expect(() => layout({ ...text, size: 4, constants }, { len: u32("l") })).toThrow("Thing has two constants LEN");
  });

  it("names constants as both languages do", () => {
    expect(screaming("justifyView")).toBe("JUSTIFY_VIEW");
    expect(screaming("len")).toBe("LEN");
  });
});

describe("a module and its host", () => {
  it("have the same layouts", () => {
    const { exports } = new WasmInstance(wasmModule());
    expect((exports.layoutFingerprint!() as number) >>> 0).toBe(fingerprintOf(SHARED_TABLES));
  });

  it("do not work together where they differ", () => {
    const moved = SHARED_TABLES.map((table, i) => (i === 0 ? { ...table, SLOT: 16, VIEW: 8 } : table));
    const layoutFingerprint = (): number => fingerprintOf(moved);
    expect(() => assertSameLayouts({ layoutFingerprint })).toThrow("built from other byte layouts");
    expect(() => assertSameLayouts({})).toThrow("npm run build:wasm");
    expect(() => assertSameLayouts({ layoutFingerprint: () => fingerprintOf(SHARED_TABLES) | 0 })).not.toThrow();
  });
});

describe("a block header", () => {
  const of = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
  const header = {
    slot: 0x0102030405,
    view: 7,
    parentSlot: 0x0102030404,
    unixTimestamp: -2,
    parentBlockhash: of(1),
    blockhash: of(2),
    parentHeaderHash: of(3),
    effectHash: of(4),
    stateRoot: of(5),
    resultsHash: of(6),
    numTransactions: 0x01020304,
    fees: 0x1122334455667788n,
    capitalization: 0xffff_ffff_ffff_ffffn,
    transactionCount: 3n,
    epochStartTimestamp: 1_700_000_000,
    height: 9,
    development: true,
    epochHash: of(8),
    justifyView: 11,
    justifySlot: 12,
    justify: of(13),
    election: of(14),
  };

  it("has the bytes that BLK2 has always had", () => {
    const encoded = encodeHeader(header);
    const view = new DataView(encoded.buffer);
    expect(encoded.length).toBe(576);
    expect(new TextDecoder().decode(encoded.subarray(0, 4))).toBe("BLK2");
    expect([view.getBigUint64(8, true), view.getBigInt64(32, true)]).toEqual([0x0102030405n, -2n]);
    expect([encoded[40], encoded[72], encoded[104], encoded[136], encoded[168], encoded[200]]).toEqual([
      1, 2, 3, 4, 5, 6,
    ]);
    expect([view.getUint32(232, true), view.getUint32(236, true)]).toEqual([0x01020304, 10020]);
    expect([view.getBigUint64(240, true), view.getBigUint64(248, true)]).toEqual([header.fees, header.capitalization]);
    expect([view.getUint32(280, true), view.getUint32(284, true)]).toEqual([1, 1]);
    expect([view.getBigUint64(288, true), encoded[304], encoded[336], encoded[544]]).toEqual([11n, 13, 14, 8]);
    expect(encoded.subarray(368, 544).every((byte) => byte === 0)).toBe(true);
  });

  it("comes back as it went, of this protocol version only", () => {
    const encoded = encodeHeader(header);
    expect(decodeHeader(encoded)).toEqual(header);
    expect(() => decodeHeader(encoded.subarray(0, HEADER_SIZE - 1))).toThrow("a header has 576 bytes, not 575");
    const other = encoded.slice();
    other[284] = 2;
    expect(() => decodeHeader(other)).toThrow("a header of protocol version 2");
    other[0] = 0;
    expect(() => decodeHeader(other)).toThrow("not a block header");
  });
});
