/** The commands of Solana's tools, by name: `run.sh` starts this file. */
import { Failure } from "../network/failure.ts";
import { UsageError } from "./clap.ts";

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
  } else if (error instanceof Failure || (error as Error).name === "ProgramError") {
    process.stderr.write(`Error: ${(error as Error).message}\n`);
    process.exitCode = 1;
  } else {
    throw error;
  }
}
