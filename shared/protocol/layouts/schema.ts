/**
 * How a byte layout is written down: once, as a type. Offsets follow from the order of the fields; size, alignment and names are checked.
 *
 *   definitions/*.ts ──▶ infra/build/layouts.ts (npm run build:layouts) ─┬─▶ shared/protocol/layouts/*.ts   offsets and readers
 *                                                                       ├─▶ wasm/layouts/*.ts              classes and offsets
 *                                                                       └─▶ docs/interfaces.md             tables between markers
 *
 * All numbers are little-endian. What is generated is committed; test/unit/protocol/layouts.test.ts compares it with its definition.
 */

export type Scalar = "u8" | "u16" | "u32" | "u64" | "i64";
/** `zeros`: reserved, zero where it is written. `key` and `hash` have 32 bytes; `bytes` as many as the field says. */
export type FieldType = Scalar | "key" | "hash" | "bytes" | "zeros";

const BYTES: Record<Scalar, number> = { u8: 1, u16: 2, u32: 4, u64: 8, i64: 8 };

export interface Field {
  readonly type: FieldType;
  /** Bytes. */
  readonly size: number;
  readonly meaning: string;
  /** Of a number, where it counts something: "lamports", "bytes", "s", ... */
  readonly unit?: string | undefined;
  /** Unset: as its layout. */
  readonly consensus?: boolean | undefined;
  /** How the generated reader gives a 64-bit number. Unset: bigint. */
  readonly as?: "number" | undefined;
}

type Options = Pick<Field, "consensus" | "as">;

const scalar =
  (type: Scalar) =>
  (meaning: string, unit?: string, options: Options = {}): Field => ({
    type,
    size: BYTES[type],
    meaning,
    unit,
    ...options,
  });

export const u8 = scalar("u8");
export const u16 = scalar("u16");
export const u32 = scalar("u32");
export const u64 = scalar("u64");
export const i64 = scalar("i64");
export const key = (meaning: string, options: Options = {}): Field => ({ type: "key", size: 32, meaning, ...options });
export const hash = (meaning: string, options: Options = {}): Field => ({
  type: "hash",
  size: 32,
  meaning,
  ...options,
});
export const bytes = (size: number, meaning: string, unit?: string): Field => ({ type: "bytes", size, meaning, unit });
export const zeros = (size: number): Field => ({ type: "zeros", size, meaning: "zeros" });

/** A number that belongs to a layout: a magic, a flag. */
export interface LayoutConstant {
  readonly value: number;
  readonly type: "u8" | "u32";
  readonly meaning: string;
}
export const constant = (value: number, meaning: string, type: LayoutConstant["type"] = "u32"): LayoutConstant => ({
  value,
  type,
  meaning,
});

export interface LayoutText {
  /** Name of the AssemblyScript class, and of the fields' type in TypeScript. */
  readonly name: string;
  /** Begins the names of its constants: PREFIX_FIELD in AssemblyScript, PREFIX.FIELD in TypeScript. */
  readonly prefix: string;
  /** One sentence for readers of code and documentation. */
  readonly about: string;
  /** Bytes of the fixed part. */
  readonly size: number;
  /** What the size is called: HEADER where something follows the fixed part. Unset: SIZE. */
  readonly end?: "SIZE" | "HEADER";
  /** Whether validators must agree on these bytes. */
  readonly consensus: boolean;
  /** Its numbers are not aligned to their size: no class in AssemblyScript. */
  readonly packed?: boolean;
  /** Only one language knows it: "wasm", memory of an instance that never leaves it; "ts", stored by the host. */
  readonly side?: "wasm" | "ts";
  /** TypeScript gets a reader, or a reader and a writer, of all fields at once. */
  readonly object?: "read" | "both";
  readonly constants?: Readonly<Record<string, LayoutConstant>>;
  /** What follows the fixed part, a line each. */
  readonly tail?: readonly string[];
}

export interface PlacedField extends Field {
  /** camelCase, as in the class. */
  readonly name: string;
  /** SCREAMING_CASE, as in the constants. */
  readonly constant: string;
  readonly offset: number;
}

export interface Layout extends LayoutText {
  readonly fields: readonly PlacedField[];
}

export const screaming = (name: string): string => name.replace(/([A-Z0-9]+)/g, "_$1").toUpperCase();

/** Places the fields one behind the other. Throws where the size is another one, a number is not aligned, or two names are one. */
export function layout(text: LayoutText, fields: Readonly<Record<string, Field>>): Layout {
  let offset = 0;
  const placed = Object.entries(fields).map(([name, field]): PlacedField => {
    const alignment = field.type in BYTES ? field.size : 1;
    if (!text.packed && offset % alignment !== 0) throw new Error(`${text.name}.${name} at ${offset} is not aligned`);
    offset += field.size;
    return { ...field, name, constant: screaming(name), offset: offset - field.size };
  });
  const names = [...placed.map(({ constant: name }) => name), text.end ?? "SIZE", ...Object.keys(text.constants ?? {})];
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Error(`${text.name} has two constants ${twice}`);
  if (offset !== text.size) throw new Error(`${text.name} has ${offset} bytes, not ${text.size}`);
  return { ...text, fields: placed };
}

/** Layouts that stand in one generated file. */
export interface LayoutFile {
  /** Its name in both languages. */
  readonly file: string;
  readonly about: string;
  readonly layouts: readonly Layout[];
}
