/** `npm run demo` from the outside. */
import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { startNetwork } from "../../infra/network/index.ts";
import { findPortPair } from "../../infra/network/ports.ts";
import { ALL_REAL_PROGRAMS } from "../../shared/protocol/real-programs.ts";

const MAIN = join(dirname(fileURLToPath(import.meta.url)), "../../infra/demo/main.ts");

function demo(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [MAIN, ...args], (_, stdout, stderr) => {
      resolve({ code: child.exitCode!, stdout, stderr });
    });
  });
}

test.for([
  ["native programs", 0],
  ["mainnet's ELFs", ALL_REAL_PROGRAMS],
] as const)("everything it sends is confirmed, and the table says so: %s", async ([, realPrograms]) => {
  const network = await startNetwork({ realPrograms });
  onTestFinished(() => network.stop());
  const { code, stdout, stderr } = await demo("--url", network.rpcUrl, "--payments", "40");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const rows = stdout
    .slice(stdout.indexOf("step "))
    .trim()
    .split("\n")
    .filter((line) => !line.startsWith("---"))
    .slice(1)
    .map((line) => line.match(/^(.+?) {2,}(\d+) +(\d+) +(\d+) ms +(\d+) ms +(\d+\.\d{6})$/)?.slice(1));
  const counts = rows.map((row) => Number(row![1]));
  expect(counts).toEqual([20, 40, 1, 5, 20, 1, 87]);
  for (const row of rows) expect(row![2]).toBe(row![1]);
  // One signature, 5,000 lamports; the mint's account signs too.
  expect(rows.map((row) => row![5])).toEqual([
    "0.000100",
    "0.000200",
    "0.000010",
    "0.000025",
    "0.000100",
    "0.000005",
    "0.000440",
  ]);
});

test("a network without a faucet: one clear line, exit code 2", async () => {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => {
      body += part;
    });
    request.on("end", () => {
      const { id, method } = JSON.parse(body);
      const error = { code: -32601, message: `no ${method}` };
      const known = method === "getGenesisHash" ? { result: "11111111111111111111111111111111" } : { error };
      response.setHeader("content-type", "application/json").end(JSON.stringify({ jsonrpc: "2.0", id, ...known }));
    });
  });
  const port = await findPortPair("127.0.0.1");
  await new Promise<void>((resolve) => void server.listen(port, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { code, stderr } = await demo("--url", `http://127.0.0.1:${port}`);
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /^infinisvm demo: the network at http:.* gives no lamports: .*The demo needs a network with a faucet\n$/,
  );
});

test("no network: one clear line, exit code 2", async () => {
  const url = `http://127.0.0.1:${await findPortPair("127.0.0.1")}`;
  const { code, stdout, stderr } = await demo("--url", url);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/^infinisvm demo: no network answers at http.*\n$/);
});

test.for([["--payments", "0"], ["--payments", "many"], ["--url", "ftp://x"], ["--url", "x"], ["--nonsense"], ["word"]])(
  "a bad option: %s",
  async (args) => {
    const { code, stdout, stderr } = await demo(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^infinisvm demo: .+\n$/);
  },
);
