/** `npm run attack`: what one client can do to others. Options: options.ts. */
import { Failure } from "../network/failure.ts";
import type { AttackerProcess } from "./attacker-process.ts";
import { attackNamed } from "./attacks/index.ts";
import { type AttackOptions, HELP, parseOptions } from "./options.ts";
import { json, stood, text } from "./report.ts";
import { type Outcome, runAttack } from "./run.ts";
import { runningTarget, startTarget, type Target } from "./target.ts";
import { startWranglerTarget } from "./wrangler.ts";

const EXIT_REFUSED = 2;
/** As shells report a process that SIGINT ended. */
const EXIT_INTERRUPTED = 130;

function targetOf({ target }: AttackOptions): Promise<Target> {
  if ("url" in target) return runningTarget(target.url);
  return target.processes === "wrangler" ? startWranglerTarget() : startTarget(target.processes);
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const target = await targetOf(options);
  let attacker: AttackerProcess | undefined;
  process.once("SIGINT", () => {
    attacker?.kill();
    void target.stop().finally(() => process.exit(EXIT_INTERRUPTED));
  });
  const outcomes: Outcome[] = [];
  const form = options.small ? ", with few connections and calls" : "";
  if (!options.json) process.stdout.write(`attacking ${target.name}${form}; "!": more than promised\n\n`);
  try {
    for (const name of options.names) {
      const onAttacker = (process: AttackerProcess) => {
        attacker = process;
      };
      const outcome = await runAttack(target, attackNamed(name), { ...options, onAttacker });
      outcomes.push(outcome);
      if (!options.json) process.stdout.write(`${text(outcome)}\n`);
    }
  } finally {
    await target.stop();
  }
  if (options.json) process.stdout.write(json(target.name, outcomes));
  return outcomes.every(stood) ? 0 : 1;
}

try {
  process.exit(await main());
} catch (error) {
  process.stderr.write(`infinisvm attack: ${(error as Error).message}\n`);
  process.exit(error instanceof Failure ? EXIT_REFUSED : 1);
}
