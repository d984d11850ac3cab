/** The workers' code as workerd takes it: one ES module, and the files it imports. */
import { readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import type { Plugin } from "esbuild";

export interface Module {
  readonly type: "ESModule" | "CompiledWasm" | "Data";
  readonly path: string;
  readonly contents: string | Uint8Array<ArrayBuffer>;
}

export interface BundleOptions {
  readonly define?: Record<string, string>;
  /** What to begin with instead of the entry; its imports are absolute. */
  readonly source?: string | undefined;
  /** Modules that stay out of it. */
  readonly external?: readonly string[];
}

export interface Bundle {
  readonly text: string;
  /** Absolute paths of the files that are modules of their own, by the name under which they are imported. */
  readonly separate: ReadonlyMap<string, string>;
  /** Absolute paths of the sources. */
  readonly sources: readonly string[];
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

/** Resolves when no bundle is being made. Ending this process before makes esbuild's print a Go stack trace. */
export async function bundlesEnded(): Promise<void> {
  await Promise.allSettled(underWay);
}

async function make(entry: string, { define = {}, source, external = [] }: BundleOptions): Promise<Bundle> {
  const separate = new Map<string, string>();
  // Loaded only now: most of what imports this file bundles nothing.
  const { build } = await import("esbuild");
  const { outputFiles, metafile } = await build({
    ...(source === undefined ? { entryPoints: [entry] } : { stdin: { contents: source, resolveDir: dirname(entry) } }),
    absWorkingDir: "/",
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["node:*", "cloudflare:*", "workerd:*", ...external],
    define,
    // As wrangler.toml says: with it, each closure that is made at run time costs a call.
    keepNames: false,
    logLevel: "silent",
    plugins: [separateModules(separate)],
  });
  const files = Object.keys(metafile.inputs).filter((file) => file !== "<stdin>");
  return { text: outputFiles[0]!.text, separate, sources: files.map((file) => resolve("/", file)) };
}

export async function bundle(entry: string, options: BundleOptions = {}): Promise<Bundle> {
  const ended = make(entry, options).finally(() => underWay.delete(ended));
  underWay.add(ended);
  return await ended;
}

/** Ends esbuild's process, which waits for more to do and has 70 MB, once nothing is under way. */
export async function endBundler(): Promise<void> {
  if (underWay.size === 0) await (await import("esbuild")).stop();
}

/** The same with the content of all modules. */
export async function bundleWorkers(entry: string, define: Record<string, string>, source?: string): Promise<Module[]> {
  const { text, separate } = await bundle(entry, { define, source });
  const modules: Module[] = [{ type: "ESModule", path: "/index.js", contents: text }];
  for (const [name, path] of separate) {
    const type = name.endsWith(".wasm") ? "CompiledWasm" : "Data";
    modules.push({ type, path: `/${name}`, contents: new Uint8Array(readFileSync(path)) });
  }
  return modules;
}
