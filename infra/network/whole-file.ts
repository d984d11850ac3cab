/** Files that others read while they are written: whole, as they were or as they are. What is to outlive a power cut is in state.ts. */
import { renameSync, statSync, writeFileSync } from "node:fs";

export function replaceFile(path: string, content: string | Uint8Array): void {
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, content);
  renameSync(unfinished, path);
}

/** When it was changed last, milliseconds; -1: it is not there. */
export const changedAt = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? -1;
