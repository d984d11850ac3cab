import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Of all files of a folder. */
export const sharedBytes = (folder: string): number =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
