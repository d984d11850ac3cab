/** The workers' code as workerd takes it: one ES module, and the files it imports. */
import { readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import type { build, Plugin } from "esbuild";

export interface Module {
  readonly type: "ESModule" | "CompiledWasm" | "Data";
  readonly path: string;
  readonly contents: string | Uint8Array<ArrayBuffer>;
}

/** WASM stays a module of its own, for a Worker may not compile at run time; so do files of bytes. */
function separateModules(found: Map<string, string>): Plugin {
  return {
    name: "separate-modules",
    setup(build) {
      build.onResolve({ filter: /\.(wasm|bin)$/ }, (args) => {
        const name = basename(args.path);
        found.set(name, resolve(args.resolveDir, args.path));
        return { path: `./${name}`, external: true };
      });
    },
  };
}

const underWay = new Set<Promise<unknown>>();

/** Loaded only now: most of what imports this file bundles nothing. */
const esbuild: typeof build = async (options) => (await import("esbuild")).build(options);

/** Resolves when no bundle is being made. Ending this process before makes esbuild's print a Go stack trace. */
export async function bundlesEnded(): Promise<void> {
  await Promise.allSettled(underWay);
}

/** `source`: what to begin with instead of the entry; its imports are absolute. */
export async function bundleWorkers(entry: string, define: Record<string, string>, source?: string): Promise<Module[]> {
  const separate = new Map<string, string>();
  const building = esbuild({
    ...(source === undefined ? { entryPoints: [entry] } : { stdin: { contents: source, resolveDir: dirname(entry) } }),
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["node:*", "cloudflare:*"],
    define,
    // As wrangler.toml says: with it, each closure that is made at run time costs a call.
    keepNames: false,
    logLevel: "silent",
    plugins: [separateModules(separate)],
  });
  const ended = building.finally(() => underWay.delete(ended));
  underWay.add(ended);
  const result = await ended;
  const modules: Module[] = [{ type: "ESModule", path: "/index.js", contents: result.outputFiles[0]!.text }];
  for (const [name, path] of separate) {
    const type = name.endsWith(".wasm") ? "CompiledWasm" : "Data";
    modules.push({ type, path: `/${name}`, contents: new Uint8Array(readFileSync(path)) });
  }
  return modules;
}
