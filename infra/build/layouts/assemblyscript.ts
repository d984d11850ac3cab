/**
 * The AssemblyScript side of the layouts: offsets and sizes as constants, and, where numbers are aligned, a class that has no code of its own:
 * `changetype<LogRow>(p).fees` is the load that `load<u64>(p, ROW_FEES)` is.
 */
import type { Layout, LayoutFile, PlacedField } from "../../../shared/protocol/layouts/schema.ts";
import { comment, fieldText, GENERATED } from "./text.ts";

/** Longer byte strings have no place in a class; what follows them is read at its offset. */
const MAX_INLINE = 64;

function constants(layout: Layout): string[] {
  const { prefix, about, size, end = "SIZE", consensus, fields, constants: all = {} } = layout;
  return [
    "",
    ...comment(`${about} ${consensus ? "Consensus." : "Not consensus."}`),
    ...fields.flatMap((field) => [
      ...comment(fieldText(field)),
      `export const ${prefix}_${field.constant}: usize = ${field.offset};`,
    ]),
    `export const ${prefix}_${end}: u32 = ${size};`,
    ...Object.entries(all).flatMap(([name, { value, type, meaning }]) => [
      ...comment(meaning),
      `export const ${prefix}_${name}: ${type} = 0x${value.toString(16)};`,
    ]),
  ];
}

/** Numbers that fill a gap of `size` bytes at `offset`, each aligned. */
function filler({ name, offset, size }: PlacedField): string[] {
  const lines: string[] = [];
  for (let done = 0; done < size; ) {
    const width = [8, 4, 2, 1].find((n) => (offset + done) % n === 0 && size - done >= n)!;
    lines.push(`  _${name}${done}: u${width * 8};`);
    done += width;
  }
  return lines;
}

const pointer = ({ name, offset }: PlacedField): string[] => [
  "  // @ts-ignore: decorator",
  "  @inline",
  `  get ${name}(): usize {`,
  `    return changetype<usize>(this) + ${offset};`,
  "  }",
];

const accessor = ({ name, offset, type }: PlacedField): string[] => [
  "  // @ts-ignore: decorator",
  "  @inline",
  `  get ${name}(): ${type} {`,
  `    return load<${type}>(changetype<usize>(this), ${offset});`,
  "  }",
];

function classOf(layout: Layout): string[] {
  if (layout.packed) return [];
  const { name, prefix, size, end = "SIZE" } = layout;
  const lines: string[] = [];
  const accessors: string[] = [];
  const checks: string[] = [];
  let isInline = true;
  for (const field of layout.fields) {
    const isPointer = field.type === "key" || field.type === "hash" || field.type === "bytes";
    if (field.size > MAX_INLINE) isInline = false;
    if (isInline && (isPointer || field.type === "zeros")) lines.push(...filler(field));
    else if (isInline) {
      lines.push(...comment(fieldText(field), "  "), `  ${field.name}: ${field.type};`);
      checks.push(
        `if (offsetof<${name}>("${field.name}") != ${prefix}_${field.constant}) ERROR("${name}.${field.name}");`,
      );
    }
    if (isPointer) accessors.push(...comment(fieldText(field), "  "), ...pointer(field));
    else if (!isInline && field.type !== "zeros")
      accessors.push(...comment(fieldText(field), "  "), ...accessor(field));
  }
  if (isInline)
    checks.push(`if (offsetof<${name}>() != <usize>${prefix}_${end}) ERROR("${name} has another size than ${size}");`);
  return [
    "",
    "// @ts-ignore: decorator",
    "@unmanaged",
    `export class ${name} {`,
    ...lines,
    ...accessors,
    "}",
    ...checks,
  ];
}

export const isInAssemblyScript = ({ side }: Layout): boolean => side !== "ts";

export function assemblyscriptFile({ about, layouts }: LayoutFile): string {
  const here = layouts.filter(isInAssemblyScript);
  return [
    ...comment(`${about} ${GENERATED}`),
    ...here.flatMap((layout) => [...constants(layout), ...classOf(layout)]),
    "",
  ].join("\n");
}

/** Tables of both languages in one order, mixed into a number: the TypeScript side does the same with its own. */
export function assemblyscriptFingerprint(files: readonly LayoutFile[]): string {
  const shared = files.map(({ file, layouts }) => ({ file, layouts: layouts.filter(({ side }) => !side) }));
  const used = shared.filter(({ layouts }) => layouts.length > 0);
  const names = ({ prefix, fields, end = "SIZE" }: Layout): string[] => [
    ...fields.map(({ constant }) => `${prefix}_${constant}`),
    `${prefix}_${end}`,
  ];
  const all = used.flatMap(({ file, layouts }) =>
    layouts.flatMap((layout) => names(layout).map((name) => `${file}.${name}`)),
  );
  return [
    ...comment(`What this module's layouts are, for the host to compare with its own. ${GENERATED}`),
    ...used.map(({ file }) => `import * as ${file} from "./${file}";`),
    "",
    ...comment("FNV-1a, a word each: constants all of them, so that nothing of it is code."),
    ...all.map((name, i) => `const h${i}: u32 = (${i > 0 ? `h${i - 1}` : "0x811c9dc5"} ^ <u32>${name}) * 16777619;`),
    "",
    ...comment("Of every offset and size that both languages use (shared/protocol/layouts/check.ts)."),
    "export function layoutFingerprint(): u32 {",
    `  return h${all.length - 1};`,
    "}",
    "",
  ].join("\n");
}
