/** What `npm start` refuses: one clear line, exit code 2, and nothing is changed. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createNetworkFile, formatNetworkFile } from "../../infra/network/genesis.ts";
import { ownNetwork, runStart, temporaryFolder } from "./start-command.ts";

async function refused(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runStart(...args);
  expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: "", stderr: expect.stringMatching(/^infinisvm: .+\n$/) });
  return stderr;
}

/** Every file below a folder with its content. */
function contents(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const named = files.map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(named.map((path) => [path, readFileSync(path, "base64")]));
}

function stateFolder(networkJson: string): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "network.json"), networkJson);
  mkdirSync(join(folder, "objects"));
  writeFileSync(join(folder, "objects", "a.sqlite"), "SQLite format 3\0 and so on");
  return folder;
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer().listen(port, "127.0.0.1", () => resolve(server));
  });
}

test("--help prints the options and starts nothing", async () => {
  const { code, stdout, stderr } = await runStart("--help");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  for (const option of ["shards", "slot-ms", "port", "state", "reset", "quiet", "help"]) {
    expect(stdout).toContain(`--${option}`);
  }
});

test.for([
  ["--shards", "0"],
  ["--shards", "65"],
  ["--shards", "four"],
  ["--shards", "4.5"],
  ["--shards"],
  ["--slot-ms", "9"],
  ["--slot-ms", "10001"],
  ["--slot-ms", "-50"],
  ["--port", "0"],
  ["--port", "65535"],
  ["--port", "1e3"],
  ["--state", ""],
  ["--host", ""],
  ["--reset=yes"],
  ["--no-such-option"],
  ["words"],
])("a bad option: %s", async (args) => {
  const state = join(temporaryFolder(), "state");
  await refused(["--state", state, ...args]);
  expect(existsSync(state)).toBe(false);
});

test("an address that is not this machine's", async () => {
  const { args } = await ownNetwork();
  expect(await refused([...args, "--host", "192.0.2.1"])).toContain("192.0.2.1");
});

test.for([0, 1])("port + %i is taken", async (offset) => {
  const { args, state, port } = await ownNetwork();
  const server = await listen(port + offset);
  onTestFinished(() => void server.close());
  expect(await refused(args)).toContain(`port ${port + offset}`);
  expect(existsSync(state)).toBe(false);
});

test("a taken port keeps --reset from deleting anything", async () => {
  const { port } = await ownNetwork();
  const state = stateFolder(formatNetworkFile(createNetworkFile(4)));
  const before = contents(state);
  const server = await listen(port);
  onTestFinished(() => void server.close());
  await refused(["--state", state, "--port", String(port), "--reset"]);
  expect(contents(state)).toMatchObject(before);
});

const sound = createNetworkFile(4);
const text = formatNetworkFile(sound);
const changed = (change: (content: ReturnType<typeof JSON.parse>) => void): string => {
  const content = JSON.parse(text);
  change(content);
  return JSON.stringify(content);
};

test.for<[string, string, string]>([
  ["is empty", "", "damaged"],
  ["is cut short", text.slice(0, -40), "damaged"],
  ["is no JSON", "{", "damaged"],
  ["is JSON of another kind", "[]", "damaged"],
  ["has a faucet that is not the genesis's", changed((c) => (c.faucet = c.identity)), "damaged"],
  ["has a genesis that does not fit its hash", changed((c) => (c.genesis.timestamp += 1)), "damaged"],
  ["was written by another version", changed((c) => (c.genesis.format = 99)), "format 99"],
])("network.json %s", async ([, content, message]) => {
  const { port } = await ownNetwork();
  const state = stateFolder(content);
  const before = contents(state);
  expect(await refused(["--state", state, "--port", String(port)])).toContain(message);
  expect(contents(state)).toMatchObject(before);
});

test("a database that is none", async () => {
  const { port } = await ownNetwork();
  const state = stateFolder(text);
  writeFileSync(join(state, "objects", "b.sqlite"), "not a database at all");
  const before = contents(state);
  expect(await refused(["--state", state, "--port", String(port)])).toContain("b.sqlite");
  expect(contents(state)).toMatchObject(before);
});

test("objects without a genesis", async () => {
  const { port } = await ownNetwork();
  const state = temporaryFolder();
  mkdirSync(join(state, "objects"));
  expect(await refused(["--state", state, "--port", String(port)])).toContain("damaged");
});

test("another number of shards than the genesis's", async () => {
  const { port } = await ownNetwork();
  const state = stateFolder(text);
  const before = contents(state);
  expect(await refused(["--state", state, "--port", String(port), "--shards", "8"])).toContain("4 shards");
  expect(contents(state)).toMatchObject(before);
});

test.for([[], ["--reset"]])("a folder of something else, %s", async (more) => {
  const { port } = await ownNetwork();
  const state = temporaryFolder();
  writeFileSync(join(state, "thesis.tex"), "the only copy");
  await refused(["--state", state, "--port", String(port), ...more]);
  expect(Object.keys(contents(state))).toEqual([join(state, "thesis.tex")]);
});

test.for([
  ["/proc/xyz", "no folder can be made there"],
  ["/dev/null/x", "it is a file, or below one"],
  [`/tmp/${"a".repeat(300)}`, "the name is too long"],
])("a state folder that cannot be: %s", async ([state, why]) => {
  const { port } = await ownNetwork();
  const line = `infinisvm: the state folder ${state} cannot be used: ${why} (--state DIR: another)\n`;
  expect(await refused(["--state", state!, "--port", String(port)])).toBe(line);
});

test("folders above a state folder that were made for it are removed again", async () => {
  const folder = temporaryFolder();
  const { port } = await ownNetwork();
  const server = await listen(port);
  onTestFinished(() => void server.close());
  await refused(["--state", join(folder, "a", "b"), "--port", String(port)]);
  expect(readdirSync(folder)).toEqual([]);
});

test("options that npm kept for itself", async () => {
  const { args } = await ownNetwork();
  process.env.npm_lifecycle_event = "start";
  process.env.npm_config_reset = "true";
  onTestFinished(() => {
    delete process.env.npm_lifecycle_event;
    delete process.env.npm_config_reset;
  });
  expect(await refused(args)).toContain('as in "npm start -- --reset --state');
});

test("a state folder that is a file, or below one", async () => {
  const { port } = await ownNetwork();
  const file = join(temporaryFolder(), "file");
  writeFileSync(file, "x");
  await refused(["--state", file, "--port", String(port)]);
  await refused(["--state", join(file, "state"), "--port", String(port)]);
  expect(readdirSync(dirname(file))).toEqual(["file"]);
});
