/** Stands for infra/network/worker-code.ts in the package: the workers are bundled already. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CodeFile } from "../network/code-file.ts";
import type { Deployable } from "../network/deployable.ts";
import type { NetworkCode } from "../network/worker-code.ts";
import { DEPLOYABLE, GENESIS, MAIN } from "./names.ts";
import { FOLDER, WASM } from "./ready-files.ts";

function ready(main: string, beside: readonly string[] = []): NetworkCode {
  const deployable = JSON.parse(readFileSync(join(FOLDER, DEPLOYABLE), "utf8")) as Deployable;
  const path = join(FOLDER, main);
  if (!existsSync(path)) throw new Error(`${path} is missing: the package is not whole`);
  const separate: CodeFile[] = [
    ...beside.map((name) => ({ name, path: join(FOLDER, name) })),
    { name: "infinisvm.wasm", path: WASM },
    { name: GENESIS, path: join(FOLDER, GENESIS) },
  ];
  return { deployable, code: [{ name: "index.js", path }, ...separate] };
}

const onlyTheirOwn = (what: string | undefined): void => {
  if (what !== undefined) throw new Error(`the package runs its own workers only, not ${what}`);
};

export async function networkCode(config?: string, isSplit = false): Promise<NetworkCode> {
  onlyTheirOwn(config);
  return isSplit ? ready(MAIN.split, [MAIN.whole]) : ready(MAIN.whole);
}

export async function storedCode(worker?: string): Promise<NetworkCode> {
  onlyTheirOwn(worker);
  return ready(MAIN.stored);
}

export async function workerCode(entry: string): Promise<CodeFile[]> {
  onlyTheirOwn(entry);
  return [];
}

export async function codeEnded(): Promise<void> {}
