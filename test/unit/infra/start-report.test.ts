/** What `npm start` says about itself: where it listens, and how loudly it says so; one line a transaction. */
import { describe, expect, it } from "vitest";
import { budgetOf } from "../../../infra/network/descriptors.ts";
import { generateKeypair } from "../../../infra/network/keypair.ts";
import { danger, report, type Started } from "../../../infra/start/report.ts";
import { transactionLine } from "../../../infra/start/transactions.ts";
import { DEFAULT_FAUCET_LIMITS } from "../../../shared/faucet/limits.ts";

const network = {
  rpcUrl: "http://127.0.0.1:8899",
  wsUrl: "ws://127.0.0.1:8900",
  port: 8899,
  shards: 4,
  slotMs: 50,
  state: "/a/state",
  created: true,
  workerdPids: [1],
  faucet: generateKeypair(),
  budget: budgetOf(65_536),
};
const started = (host: string, dev = false): Started => ({
  network,
  host,
  dev,
  keep: { keepBytes: 8e9 },
  disk: { free: 77e9, total: 250e9 },
  faucetLimits: DEFAULT_FAUCET_LIMITS,
  confirmedMs: 45.4,
  startedMs: 1_700,
});

describe("the report of a start", () => {
  it("says nothing about listening where only this machine can reach it", () => {
    expect(report(started("127.0.0.1"), ["192.0.2.7"])).toBe(
      [
        "InfiniSVM network, up in 1.7 s",
        "  RPC             http://127.0.0.1:8899",
        "  WebSocket       ws://127.0.0.1:8900 (and ws://127.0.0.1:8899)",
        "  Shards          4",
        "  Slot time       50 ms",
        "  State           /a/state (new)",
        "  History         the newest 8 GB of blocks are kept, older ones go (--keep)",
        "  Disk            77.0 GB free; a million transactions take about 460 MB",
        `  Faucet          ${network.faucet.address}`,
        "  Airdrops        at most 10,000 SOL a call, 100,000 SOL an hour to one address, 1,000,000 SOL an hour in all",
        "  Development     off (npm start -- --dev)",
        "  First transfer  confirmed in 45 ms",
        "",
      ].join("\n"),
    );
  });

  it("says how many connections there is room for when file descriptors are few", () => {
    const few = { ...started("127.0.0.1"), network: { ...network, budget: budgetOf(20_000) } };
    expect(report(few, [])).toContain(
      "  Connections     room for 7,200, 5,400 of them WebSockets: the limit of file descriptors is 20,000 (ulimit -n)\n",
    );
  });

  it("--host 0.0.0.0: the addresses at which others reach it", () => {
    expect(report(started("0.0.0.0"), ["192.0.2.7", "[2001:db8::1]"])).toContain(
      "Listening       on every address of this machine (0.0.0.0): http://192.0.2.7:8899, http://[2001:db8::1]:8899\n",
    );
    expect(report(started("192.0.2.7"), [])).toContain("Listening       on 192.0.2.7: others may reach it\n");
  });

  it.for(["0.0.0.0", "::", "192.0.2.7"])("--dev with --host %s is a warning", (host) => {
    expect(danger({ host, dev: true })).toContain(`WARNING: --dev with --host ${host}`);
    expect(danger({ host, dev: false })).toBeNull();
  });

  it.for(["127.0.0.1", "127.1.2.3", "::1", "localhost"])("--dev with --host %s is none", (host) => {
    expect(danger({ host, dev: true })).toBeNull();
  });
});

describe("a line of --log", () => {
  const signature = "5".repeat(88);

  it("a transaction that succeeded", () => {
    expect(transactionLine({ signature, err: null, logs: [] }, 1_234)).toBe(`${signature}  ok      1,234 units`);
  });

  it.for([
    [{ InstructionError: [1, { Custom: 6001 }] }, "Error processing Instruction 1: custom program error: 0x1771"],
    [
      { InstructionError: [0, "InvalidAccountData"] },
      "Error processing Instruction 0: invalid account data for instruction",
    ],
    ["AccountNotFound", "Attempt to debit an account but found no record of a prior credit."],
    [
      { InsufficientFundsForRent: { account_index: 2 } },
      "Transaction results in an account (2) with insufficient funds for rent",
    ],
    [{ DuplicateInstruction: 3 }, "Transaction contains a duplicate instruction (3) that is not allowed"],
  ] as const)("one that failed: %j", ([err, words]) => {
    const json = err as Parameters<typeof transactionLine>[0]["err"];
    expect(transactionLine({ signature, err: json, logs: [] }, 7)).toBe(`${signature}  failed  7 units  ${words}`);
  });

  it("has what the program said last, and says when the units are not known", () => {
    const logs = ["Program log: first", "Program log: Error: no funds", "Program X failed: custom program error: 0x1"];
    const line = transactionLine({ signature, err: { InstructionError: [0, { Custom: 1 }] }, logs }, null);
    expect(line).toBe(
      `${signature}  failed  ? units  Error processing Instruction 0: custom program error: 0x1 ("Error: no funds")`,
    );
  });
});
