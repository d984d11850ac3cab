/** Whether a WASM module has the layouts of this host: asserted whenever an instance is made, for a module of before would read other fields. */
import { SHARED_TABLES } from "./tables.ts";

/** FNV-1a over every offset and size that both languages use, a word each. Twin: wasm/layouts/fingerprint.ts. */
export function fingerprintOf(tables: readonly Readonly<Record<string, number>>[]): number {
  let mixed = 0x811c9dc5;
  for (const table of tables) for (const value of Object.values(table)) mixed = Math.imul(mixed ^ value, 16777619);
  return mixed >>> 0;
}

const FINGERPRINT = fingerprintOf(SHARED_TABLES);

/** Throws where the module was built from other layouts. */
export function assertSameLayouts(exports: Readonly<Record<string, unknown>>): void {
  const of = exports.layoutFingerprint as (() => number) | undefined;
  if (of === undefined || of() >>> 0 !== FINGERPRINT)
    throw new Error("the WASM module was built from other byte layouts than this host: npm run build:wasm");
}
