/**
 * The package as its users have it: packed, installed into an empty folder, without anything of the repository. There README's first page is
 * done: a network, its example, a program, the demo.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findPortPair } from "../../infra/network/ports.ts";
import { assemble } from "../../infra/sbpf/assemble.ts";
import { RunningCommand } from "./running-command.ts";

const ROOT = join(import.meta.dirname, "../..");
const MOST_BYTES = 6e6;
const MANIFEST = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  readonly name: string;
  readonly version: string;
  readonly devDependencies: Readonly<Record<string, string>>;
};

let folder: string;
let installed: string;
let url: string;
let port: number;

async function run(file: string, args: readonly string[], cwd = folder): Promise<string> {
  // Of npm's own environment: the scripts of the repository are not meant.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("npm_")));
  return (await promisify(execFile)(file, args, { cwd, env, maxBuffer: 1 << 24 })).stdout;
}
const command = () => join(folder, "node_modules/.bin/infinisvm");
const infinisvm = (...args: readonly string[]) => run(command(), args);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "infinisvm-package-"));
  await run("npm", ["pack", "--pack-destination", folder], ROOT);
  const tarball = `${MANIFEST.name}-${MANIFEST.version}.tgz`;
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "somebody", private: true, type: "module" }));
  const kit = `@solana/kit@${MANIFEST.devDependencies["@solana/kit"]}`;
  await run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", `./${tarball}`, kit]);
  installed = join(folder, "node_modules", MANIFEST.name);
  port = await findPortPair("127.0.0.1");
  url = `http://127.0.0.1:${port}`;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function bytesOf(path: string): number {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

test("it is small, and brings workerd and nothing that builds", () => {
  expect(bytesOf(installed)).toBeLessThanOrEqual(MOST_BYTES);
  const brought = ["workerd", "wrangler", "miniflare", "esbuild", "assemblyscript", "litesvm", "typescript"];
  expect(brought.filter((name) => existsSync(join(folder, "node_modules", name)))).toEqual(["workerd"]);
  expect(readdirSync(installed).sort()).toEqual(
    ["CHANGELOG.md", "LICENSE", "NOTICE", "README.md", "dist", "package.json"].sort(),
  );
});

test("the command says what it can, and refuses what it cannot", async () => {
  expect(await infinisvm("--version")).toBe(`${MANIFEST.version}\n`);
  const help = await infinisvm("--help");
  for (const name of ["start", "demo", "program", "load", "check", "sbpf", "genesis"]) {
    expect(help).toMatch(new RegExp(`^  ${name} `, "m"));
    expect(await infinisvm(name, "--help")).toContain(`infinisvm ${name}`);
  }
  await expect(infinisvm("nothing")).rejects.toMatchObject({
    code: 2,
    stderr: 'infinisvm: there is no command "nothing"; infinisvm --help lists them\n',
  });
});

test("README's first page: a network, an airdrop, a program, the demo, and all of it again after kill -9", async () => {
  const args = ["start", "--state", "net", "--port", String(port)];
  const first = new RunningCommand(command(), args, { cwd: folder, detached: true });
  await first.printed(/First transfer\s+confirmed in \d+ ms/);
  expect(first.stdout).toContain("off (infinisvm start --dev)");

  const readme = readFileSync(join(installed, "README.md"), "utf8");
  const [, example] = /^```ts\n(.*?)^```$/ms.exec(readme)!;
  const here = example!.replaceAll("127.0.0.1:8899", `127.0.0.1:${port}`);
  const pubSub = here.replaceAll("127.0.0.1:8900", `127.0.0.1:${port + 1}`);
  const shown = "console.log(String((await rpc.getBalance(wallet.address).send()).value));\n";
  writeFileSync(join(folder, "example.ts"), pubSub + shown);
  expect(await run(process.execPath, ["example.ts"])).toBe("1000000000\n");

  writeFileSync(join(folder, "my_program.so"), assemble("entrypoint:\n  mov64 r0, 0\n  exit\n"));
  await infinisvm("program", "keygen", "payer.json");
  const deploy = ["deploy", "my_program.so", "--payer", "payer.json", "--airdrop", "20", "--url", url];
  expect(await infinisvm("program", ...deploy)).toMatch(/status\s+deployed/);
  expect(await infinisvm("demo", "--url", url)).toMatch(/^all\s+247\s+247/m);

  process.kill(-first.pid, "SIGKILL");
  await first.exit;
  const again = new RunningCommand(command(), args, { cwd: folder });
  await again.printed(/State .*\(continued\)[\s\S]*First transfer\s+confirmed in \d+ ms/);
  expect((await again.signal("SIGINT")).code).toBe(0);
  expect(await infinisvm("check", "--state", "net")).toContain("all as it was written");
});

test("two processes, and a network from a program", async () => {
  const two = new RunningCommand(command(), ["start", "--state", "two", "--port", String(port), "--processes", "2"], {
    cwd: folder,
  });
  await two.printed(/Processes\s+2[\s\S]*First transfer\s+confirmed in \d+ ms/);
  expect((await two.signal("SIGINT")).code).toBe(0);
  writeFileSync(
    join(folder, "program.ts"),
    `import { startNetwork } from "${MANIFEST.name}";
import { createStreamClient, verifyBlock } from "${MANIFEST.name}/client";
const network = await startNetwork({ shards: 1 });
console.log((await fetch(network.rpcUrl + "/health")).status, network.shards);
const client = createStreamClient(network.rpcUrl);
console.log(await client.rpc.getHealth().send(), (await verifyBlock(new Uint8Array(8))).ok);
client.close();
await network.stop();
`,
  );
  expect(await run(process.execPath, ["program.ts"])).toBe("200 1\nok false\n");
});
