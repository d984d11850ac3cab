/**
 * Writes what follows from shared/protocol/layouts/definitions: both languages and the tables of docs/interfaces.md.
 * Usage: npm run build:layouts
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { LAYOUT_FILES } from "../../shared/protocol/layouts/definitions/index.ts";
import { assemblyscriptFile, assemblyscriptFingerprint, isInAssemblyScript } from "./layouts/assemblyscript.ts";
import { docsWithTables } from "./layouts/docs.ts";
import { isInTypeScript, typescriptFile, typescriptFingerprint } from "./layouts/typescript.ts";

const root = join(import.meta.dirname, "../..");
const DOCS = "docs/interfaces.md";

/** Text by path, of all that is generated. */
export function generatedFiles(): Map<string, string> {
  const files = new Map<string, string>();
  for (const file of LAYOUT_FILES) {
    if (file.layouts.some(isInTypeScript)) files.set(`shared/protocol/layouts/${file.file}.ts`, typescriptFile(file));
    if (file.layouts.some(isInAssemblyScript)) files.set(`wasm/layouts/${file.file}.ts`, assemblyscriptFile(file));
  }
  files.set("shared/protocol/layouts/tables.ts", typescriptFingerprint(LAYOUT_FILES));
  files.set("wasm/layouts/fingerprint.ts", assemblyscriptFingerprint(LAYOUT_FILES));
  files.set(DOCS, docsWithTables(readFileSync(join(root, DOCS), "utf8"), LAYOUT_FILES));
  return files;
}

if (process.argv[1] === import.meta.filename) {
  for (const [path, text] of generatedFiles()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}
