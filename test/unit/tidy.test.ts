/** Habits of this code base that a machine can check. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file !== "");
const sources = tracked.filter((file) => /\.(ts|mts|mjs)$/.test(file));
const text = (file: string): string => readFileSync(join(root, file), "utf8");
const under = (...folders: string[]) =>
  sources.filter((file) => folders.some((folder) => file.startsWith(`${folder}/`)));

/** Files whose lines match, as "file:line". */
function places(files: readonly string[], pattern: RegExp): string[] {
  return files.flatMap((file) =>
    text(file)
      .split("\n")
      .flatMap((line, i) => (pattern.test(line) ? [`${file}:${i + 1}`] : [])),
  );
}

describe("the code base", () => {
  it("has no clock, timer or randomness in the deterministic core", () => {
    const clocks = /Date\.now|new Date\(|Math\.random|\bset(Timeout|Interval)\(|performance\.now|getRandomValues/;
    expect(places(under("shared", "wasm"), clocks)).toEqual([]);
  });

  it("has no floating point in WASM", () => {
    const ours = under("wasm").filter((file) => file.endsWith(".ts"));
    const found = places(ours, /^(?!\s*(\/\/|\*|\/\*)).*\b(f32|f64)\b(?!x)/);
    expect(found).toEqual([]);
  });

  it("keeps shared/ free of everything that does I/O", () => {
    const imports = /from "(node:|cloudflare:|\.\.\/.*(workers|durable-objects|infra)\/)/;
    // Compression, the one native function that shared/ uses, is pure.
    const found = places(under("shared"), imports).filter((place) => !place.startsWith("shared/rpc/zstd.ts"));
    expect(found).toEqual([]);
  });

  it("has in testing/ nothing of the tests, and in what is deployed nothing of testing/", () => {
    expect(places(under("testing"), /from "\.\.\/(\.\.\/)?test\//)).toEqual([]);
    expect(places(under("shared", "workers", "durable-objects", "wasm"), /from ".*\/testing\//)).toEqual([]);
  });

  it("has no file over 500 lines, no test file over 650", () => {
    const limit = (file: string) => (file.endsWith(".test.ts") ? 650 : 500);
    const generated = (file: string) => tracked.includes(file.replace(/\.ts$/, ".generate.mjs"));
    const long = sources.filter((file) => !generated(file) && text(file).split("\n").length > limit(file));
    expect(long).toEqual([]);
  });

  it("has no skipped or focused test", () => {
    expect(places(under("test"), /\b(it|test|describe)\.(only|skip|todo)\(/).filter(notThisFile)).toEqual([]);
  });

  it("promises no later work", () => {
    expect(places(sources, /\b(TODO|FIXME|XXX|HACK)\b/).filter(notThisFile)).toEqual([]);
  });

  it("names no registry and no place of one machine", () => {
    const files = tracked.filter((file) => /\.(ts|mjs|mts|json|md|toml)$|^\.npmrc$|^\.ci\/run$/.test(file));
    expect(
      places(files, /^registry\s*=|registry\.npmjs|"resolved": "http|\/home\/|\/root\/|\/work\//).filter(notThisFile),
    ).toEqual([]);
  });

  it("has a line in the README for every top-level folder", () => {
    const folders = new Set(
      tracked.filter((file) => file.includes("/") && !file.startsWith(".")).map((file) => file.split("/")[0]),
    );
    const readme = text("README.md");
    expect([...folders].filter((folder) => !readme.includes(`\`${folder}/\``))).toEqual([]);
  });

  it("has no dead file: each is imported, or is started by name", () => {
    const imported = new Set<string>();
    for (const file of sources) {
      for (const [, target] of text(file).matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)) {
        const path = normalize(join(dirname(file), target!));
        for (const candidate of [path, `${path}.ts`, join(path, "index.ts"), path.replace(/\.mjs$/, ".d.mts")])
          imported.add(candidate);
      }
    }
    const started = [
      text("package.json"),
      text("wrangler.toml"),
      text("vitest.config.ts"),
      text("infra/build/wasm.mjs"),
      `infra/compat/${text("infra/compat/run.sh").match(/\w+\.ts/)![0]}`,
      text("infra/network/split/setup.ts"),
      text("test/unit/crypto/compile.ts"),
      text("testing/isolate/build.ts"),
      text("infra/package/build.ts"),
      text("infra/package/files.ts"),
      text("infra/network/evict.ts"),
      text("infra/network/worker-code.ts"),
      `test/bench/${text("test/bench/part-testing.ts").match(/testing-first\.ts/)![0]}`,
    ].join("\n");
    const dead = sources.filter(
      (file) =>
        !imported.has(file) &&
        !started.includes(file) &&
        !/\.test\.ts$|\.config\.ts$|\.bench\.mjs$|\.generate\.mjs$|\.d\.m?ts$/.test(file),
    );
    expect(dead).toEqual([]);
  });
});

/** This file names what it looks for. */
function notThisFile(place: string): boolean {
  return !place.startsWith("test/unit/tidy.test.ts");
}
