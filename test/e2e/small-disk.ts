/** Disks that are full, or refuse writes, for real: a small file system in memory, and a limit on the size of files. */
import { execFileSync } from "node:child_process";
import { chmodSync, closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MB = 1 << 20;
/** The path of its program. */
const workerd = (createRequire(import.meta.url)("workerd") as { readonly default: string }).default;

function run(file: string, ...args: string[]): boolean {
  try {
    execFileSync(file, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

export class SmallDisk {
  readonly path: string;
  readonly #filler: string;

  private constructor(path: string) {
    this.path = path;
    this.#filler = join(path, "filler");
  }

  /** Undefined where this user may not mount one. */
  static mount(megabytes: number): SmallDisk | undefined {
    const path = mkdtempSync(join(tmpdir(), "infinisvm-disk-"));
    if (run("mount", "-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", path)) return new SmallDisk(path);
    rmdirSync(path);
    return undefined;
  }

  /** Until nothing more goes in, as another program might. */
  fill(): void {
    const file = openSync(this.#filler, "a");
    const bytes = Buffer.alloc(MB, 1);
    try {
      for (let size = MB; size >= 1; ) {
        try {
          writeSync(file, bytes, 0, size);
        } catch {
          size = Math.floor(size / 2);
        }
      }
    } finally {
      closeSync(file);
    }
  }

  empty(): void {
    rmSync(this.#filler, { force: true });
  }

  unmount(): void {
    run("umount", this.path) || run("umount", "-l", this.path);
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Whether the size of a running process's files can be limited. */
export const canLimitFiles = (): boolean => run("prlimit", "--version");

/** Of workerd, which then writes nothing beyond so many bytes of any file; undefined: no limit. */
export function limitFiles(pid: number, bytes: number | undefined): void {
  const limit = bytes === undefined ? "unlimited" : String(bytes);
  execFileSync("prlimit", ["--pid", String(pid), `--fsize=${limit}:`]);
}

/** workerd that gets an error for such a write instead of being ended by a signal: a script for INFINISVM_WORKERD. */
export function workerdWithoutSignal(folder: string): string {
  const script = join(folder, "workerd.sh");
  writeFileSync(script, `#!/bin/sh\ntrap '' XFSZ\nexec '${workerd}' "$@"\n`);
  chmodSync(script, 0o755);
  return script;
}
