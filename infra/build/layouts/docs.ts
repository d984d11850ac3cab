/** The tables of layouts in docs/interfaces.md, between markers that name a file of definitions. */
import type { Layout, LayoutFile, PlacedField } from "../../../shared/protocol/layouts/schema.ts";
import { WIDTH, wrap } from "./text.ts";

const begin = (file: string): string => `<!-- layouts: ${file} (npm run build:layouts) -->`;
const END = "<!-- end of layouts -->";

function row({ offset, type, size, name, unit, meaning, consensus }: PlacedField, indent: string): string[] {
  const what = type === "zeros" || type === "bytes" ? `${size} B` : type;
  const head = `${String(offset).padStart(5)}  ${what.padEnd(7)}  ${(type === "zeros" ? "" : name).padEnd(20)}  `;
  const note = consensus === undefined ? "" : consensus ? " (consensus)" : " (not consensus)";
  const text = type === "zeros" ? "zeros" : `${unit ? `[${unit}] ` : ""}${meaning}${note}`;
  return wrap(text, WIDTH - head.length).map((line, i) => (i === 0 ? head : indent.padEnd(head.length)) + line);
}

function table(layout: Layout): string[] {
  const { prefix, name, about, size, end, consensus, packed, side, fields, tail = [] } = layout;
  const notes = [
    `${size} bytes${end === "HEADER" ? ", then" : ""}`,
    consensus ? "consensus" : "not consensus",
    ...(packed ? ["packed"] : []),
    ...(side === "wasm" ? ["in the memory of an instance only"] : []),
  ];
  return [
    ...wrap(about, WIDTH),
    `${prefix} / ${name}: ${(end === "HEADER" ? [...notes.slice(1), notes[0]!] : notes).join("; ")}${tail.length > 0 ? ' what follows at ".."' : ""}`,
    ...fields.flatMap((field) => row(field, "")),
    ...tail.flatMap((text) => wrap(text, WIDTH - 7).map((line, i) => (i === 0 ? `   ..  ${line}` : `       ${line}`))),
  ];
}

const section = ({ file, layouts }: LayoutFile): string =>
  [begin(file), "```", ...layouts.flatMap((layout, i) => [...(i > 0 ? [""] : []), ...table(layout)]), "```", END].join(
    "\n",
  );

/** The text with its tables as the definitions have them. Throws where a file of definitions has no place in it. */
export function docsWithTables(text: string, files: readonly LayoutFile[]): string {
  return files.reduce((all, file) => {
    const from = all.indexOf(begin(file.file));
    const to = all.indexOf(END, from);
    if (from < 0 || to < 0) throw new Error(`docs/interfaces.md has no place for the layouts of ${file.file}`);
    return all.slice(0, from) + section(file) + all.slice(to + END.length);
  }, text);
}
