/** Offsets of known formats are in shared/protocol/layouts only: nowhere else is one a number. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { LAYOUT_FILES } from "../../shared/protocol/layouts/definitions/index.ts";

const root = join(import.meta.dirname, "../..");
const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "shared", "wasm"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file.endsWith(".ts"));
const under = (...folders: readonly string[]): string[] =>
  tracked.filter((file) => folders.some((folder) => file.startsWith(folder)) && !file.includes("/layouts/"));

/** Where the formats of this project are handled. Accounts of programs and the wire format of transactions are Agave's. */
const FORMATS_WASM = under(
  "wasm/state/",
  "wasm/scheduling/",
  "wasm/transaction/",
  "wasm/svm/runtime/",
  "wasm/svm/epoch.ts",
);
const READERS = ["result-view", "balance-mints", "block-event", "wasm-services", "lookup-tables"];
const FORMATS_TS = [
  ...under("shared/protocol/", "shared/scheduling/", "shared/state/", "shared/stake/", "shared/ledger/"),
  ...READERS.map((name) => `shared/rpc/${name}.ts`),
];

/** Arguments of the call whose opening parenthesis is at `open`. */
function argumentsAt(text: string, open: number): string[] {
  const all = [""];
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    const c = text[i]!;
    if (c === "(" || c === "[") depth++;
    if (c === ")" || c === "]") depth--;
    if (depth === 0) break;
    if (i === open) continue;
    if (c === "," && depth === 1) all.push("");
    else all[all.length - 1] += c;
  }
  return all.map((argument) => argument.trim());
}

/** Calls that match, with the arguments that are offsets: "name(offset)". */
function offsets(
  text: string,
  pattern: RegExp,
  offsetOf: (name: string, all: string[]) => string | undefined,
): string[] {
  return [...text.matchAll(pattern)].flatMap((match) => {
    const offset = offsetOf(match[0], argumentsAt(text, match.index + match[0].length - 1));
    return offset === undefined ? [] : [offset];
  });
}

/** In AssemblyScript: `load<u64>(p, 24)`, `store<u32>(p, v, 4)`. An offset of 0 is left out there. */
function literalLoads(text: string): string[] {
  return offsets(text, /\b(?:load|store)<\w+>\(/g, (name, all) => {
    const offset = all[name.startsWith("load") ? 1 : 2];
    return offset !== undefined && /^\d+$/.test(offset) ? `${name}${all.join(", ")})` : undefined;
  });
}

/** In TypeScript: `view.getUint32(56, true)`, `view.getUint8(at + 2)`, `row.subarray(24, 56)`. */
function literalViews(text: string): string[] {
  const slices = offsets(text, /\.(?:subarray|slice)\(/g, (name, [from = "", to = ""]) =>
    /^[1-9]\d*$|\+ \d+$/.test(from) && /\d$/.test(to) ? `${name}${from}, ${to}` : undefined,
  );
  const numbers = offsets(text, /\.(?:get|set)(?:Big)?(?:Ui|I)nt(?:8|16|32|64)\(/g, (name, [offset = ""]) =>
    /^\d+$|\+ \d+$/.test(offset) ? `${name}${offset}` : undefined,
  );
  return [...numbers, ...slices];
}

const found = (files: readonly string[], literals: (text: string) => string[]): string[] =>
  files.flatMap((file) => literals(readFileSync(join(root, file), "utf8")).map((what) => `${file}: ${what}`));

describe("offsets of known formats", () => {
  it("are found where they are numbers", () => {
    expect(literalLoads("const a = load<u64>(p + (i << 3), 24) + load<u32>(p);")).toEqual([
      "load<u64>(p + (i << 3), 24)",
    ]);
    expect(literalLoads("store<u32>(outAt(4 + i), f(1, 2), 12);\nstore<u8>(p, 1);")).toEqual([
      "store<u32>(outAt(4 + i), f(1, 2), 12)",
    ]);
    expect(literalLoads("load<u64>(p, ROW_FEES); store<u64>(p, 0, ROW_FEES);")).toEqual([]);
    expect(literalViews("view.getUint32(56, true); view.setBigUint64(at + 8, 1n, true);")).toEqual([
      ".getUint32(56",
      ".setBigUint64(at + 8",
    ]);
    expect(literalViews("row.slice(24, 56); result.subarray(at + 8, at + 40); list.slice(0, -1);")).toEqual([
      ".slice(24, 56",
      ".subarray(at + 8, at + 40",
    ]);
    expect(literalViews("view.getUint32(at + REC.LEN, true); view.getInt32(i * 4, true);")).toEqual([]);
  });

  it("are no numbers in WASM", () => {
    expect(FORMATS_WASM.length).toBeGreaterThan(50);
    expect(found(FORMATS_WASM, literalLoads)).toEqual([]);
  });

  it("are no numbers in TypeScript", () => {
    // Bytes as such, and the words of a hash.
    const other = /shared\/protocol\/bytes\.ts: |shared\/ledger\/index-run\.ts: /;
    expect(found(FORMATS_TS, literalViews).filter((place) => !other.test(place))).toEqual([]);
  });

  it("have their names in the layouts only", () => {
    const names = LAYOUT_FILES.flatMap(({ layouts }) =>
      layouts.flatMap(({ prefix, end = "SIZE", fields, constants = {} }) =>
        [...fields.map(({ constant }) => constant), end, ...Object.keys(constants)].map((name) => `${prefix}_${name}`),
      ),
    );
    const declared = new RegExp(`^(?:export )?const (?:${names.join("|")})\\b[^=]*= *[\\dx]`);
    const lines = [...FORMATS_TS, ...FORMATS_WASM].flatMap((file) =>
      readFileSync(join(root, file), "utf8")
        .split("\n")
        .filter((line) => declared.test(line))
        .map((line) => `${file}: ${line}`),
    );
    expect(lines).toEqual([]);
  });
});
