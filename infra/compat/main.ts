/** The commands of Solana's tools, by name: `run.sh` starts this file. */
import { UsageError } from "./clap.ts";
import { errorLine } from "./error-line.ts";

type Tool = (args: readonly string[]) => Promise<number>;

const TOOLS: Readonly<Record<string, () => Promise<Tool>>> = {
  "solana-test-validator": async () => (await import("./test-validator.ts")).testValidator,
  solana: async () => (await import("./solana.ts")).solana,
  surfpool: async () => (await import("./surfpool.ts")).surfpool,
};

const [name = "", ...args] = process.argv.slice(2);
// Launchers end it by this name.
process.title = name;
try {
  const tool = await TOOLS[name]!();
  process.exitCode = await tool(args);
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error.exitCode;
  } else {
    const line = errorLine(error);
    if (line === null) throw error;
    process.stderr.write(`${line}\n`);
    process.exitCode = 1;
  }
}
