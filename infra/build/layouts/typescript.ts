/** The TypeScript side of the layouts: a table of offsets each, its constants, and readers of all fields where they are wanted. */
import type { Layout, LayoutFile, PlacedField } from "../../../shared/protocol/layouts/schema.ts";
import { comment, fieldText, GENERATED } from "./text.ts";

const isNumber = ({ type }: PlacedField): boolean => type !== "key" && type !== "hash" && type !== "bytes";
const isWide = ({ type }: PlacedField): boolean => type === "u64" || type === "i64";
const METHODS = { u8: "Uint8", u16: "Uint16", u32: "Uint32", u64: "BigUint64", i64: "BigInt64" } as const;
const methodOf = ({ type }: PlacedField): string => METHODS[type as keyof typeof METHODS];

const at = (offset: number): string => (offset === 0 ? "at" : `at + ${offset}`);

function table(layout: Layout): string[] {
  const { prefix, about, size, end = "SIZE", consensus, fields } = layout;
  return [
    "",
    ...comment(`${about} ${consensus ? "Consensus." : "Not consensus."}`),
    `export const ${prefix} = {`,
    ...fields.flatMap((field) => [...comment(fieldText(field), "  "), `  ${field.constant}: ${field.offset},`]),
    ...comment(end === "SIZE" ? "Bytes." : "Bytes of the fixed part.", "  "),
    `  ${end}: ${size},`,
    "} as const;",
  ];
}

function constants({ prefix, constants: all = {} }: Layout): string[] {
  return Object.entries(all).flatMap(([name, { value, meaning }]) => [
    ...comment(meaning),
    `export const ${prefix}_${name} = ${value};`,
  ]);
}

function fieldType(field: PlacedField): string {
  if (!isNumber(field)) return "Uint8Array";
  return isWide(field) && field.as !== "number" ? "bigint" : "number";
}

function readOf(field: PlacedField): string {
  const { offset, size } = field;
  if (!isNumber(field)) return `bytes.slice(${at(offset)}, at + ${offset + size})`;
  const value = `view.get${methodOf(field)}(${at(offset)}${field.type === "u8" ? "" : ", true"})`;
  return isWide(field) && field.as === "number" ? `Number(${value})` : value;
}

function writeOf(field: PlacedField): string {
  const { name, offset } = field;
  if (!isNumber(field)) return `bytes.set(fields.${name}, ${at(offset)});`;
  const value = isWide(field) && field.as === "number" ? `BigInt(fields.${name})` : `fields.${name}`;
  return `view.set${methodOf(field)}(${at(offset)}, ${value}${field.type === "u8" ? "" : ", true"});`;
}

function object(layout: Layout): string[] {
  if (!layout.object) return [];
  const { name } = layout;
  const fields = layout.fields.filter(({ type }) => type !== "zeros");
  const lines = [
    "",
    `export interface ${name}Fields {`,
    ...fields.flatMap((field) => [
      ...comment(fieldText(field), "  "),
      `  readonly ${field.name}: ${fieldType(field)};`,
    ]),
    "}",
    "",
    ...comment("All fields; keys and hashes are copies. Throws RangeError past the end."),
    `export function read${name}(bytes: Uint8Array, at = 0): ${name}Fields {`,
    "  const view = viewOf(bytes);",
    "  return {",
    ...fields.map((field) => `    ${field.name}: ${readOf(field)},`),
    "  };",
    "}",
  ];
  if (layout.object === "read") return lines;
  return [
    ...lines,
    "",
    ...comment("Writes all fields; what is reserved stays as it is."),
    `export function write${name}(bytes: Uint8Array, fields: ${name}Fields, at = 0): void {`,
    "  const view = viewOf(bytes);",
    ...fields.map((field) => `  ${writeOf(field)}`),
    "}",
  ];
}

export const isInTypeScript = ({ side }: Layout): boolean => side !== "wasm";

export function typescriptFile({ about, layouts }: LayoutFile): string {
  const here = layouts.filter(isInTypeScript);
  const views = here.some((layout) => layout.object);
  return [
    ...comment(`${about} ${GENERATED}`),
    ...(views ? ['import { viewOf } from "../bytes.ts";'] : []),
    ...here.flatMap((layout) => [...table(layout), ...constants(layout), ...object(layout)]),
    "",
  ].join("\n");
}

/** Tables of both languages in one order: what the fingerprint is made of. */
export function typescriptFingerprint(files: readonly LayoutFile[]): string {
  const shared = files.map(({ file, layouts }) => ({
    file,
    names: layouts.filter(({ side }) => !side).map(({ prefix }) => prefix),
  }));
  const used = shared.filter(({ names }) => names.length > 0);
  const imports = [...used]
    .sort((a, b) => (a.file < b.file ? -1 : 1))
    .map(({ file, names }) => importLine(names, file));
  return [
    ...comment(`The tables that a WASM module must agree with. ${GENERATED}`),
    ...imports.flat(),
    "",
    "export const SHARED_TABLES: readonly Readonly<Record<string, number>>[] = [",
    ...used.flatMap(({ names }) => names.map((name) => `  ${name},`)),
    "];",
    "",
  ].join("\n");
}

function importLine(names: readonly string[], file: string): string[] {
  const sorted = [...names].sort();
  const line = `import { ${sorted.join(", ")} } from "./${file}.ts";`;
  return line.length <= 120 ? [line] : ["import {", ...sorted.map((name) => `  ${name},`), `} from "./${file}.ts";`];
}
