/** `npm run check`: reads everything that a stopped network has stored and says what is damaged. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { damageIn, describeDamage } from "../../shared/errors/damage.ts";
import { parseCommandLine, usage } from "../network/command-line.ts";
import { Failure } from "../network/failure.ts";
import { StateFolder } from "../network/state.ts";
import { DEFAULT_STATE } from "../start/options.ts";

const HELP = `Reads every row that a stopped network has stored and compares it with its checksum. Changes nothing.

Usage: ${usage("check")} [--state DIR]     (${DEFAULT_STATE})

Exit code 0: everything is as it was written; 1: something is damaged; 2: it could not look.
`;

async function run(args: readonly string[]): Promise<number> {
  const { values } = parseCommandLine("check", args, {
    state: { type: "string" },
    help: { type: "boolean", short: "h" },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const directory = resolve(values.state ?? DEFAULT_STATE);
  if (!existsSync(join(directory, "network.json"))) {
    throw new Failure("state-foreign", `there is no network in ${directory}`);
  }
  const folder = await StateFolder.take(directory);
  try {
    await folder.load({});
    // Loaded only now: it takes a second.
    const { readObjects } = await import("./read.ts");
    let [objects, rows, bytes, damaged] = [0, 0, 0, 0];
    await readObjects(folder.objects, (object) => {
      // The subscriptions of sockets are not part of the chain.
      if (object.rows === 0 && object.problems.length === 0) return;
      objects++;
      rows += object.rows;
      bytes += object.bytes;
      damaged += object.problems.length;
      const size = `${object.rows.toLocaleString("en")} rows, ${(object.bytes / 1e6).toFixed(1)} MB`;
      process.stdout.write(`  ${object.object.padEnd(18)} ${size}\n`);
      for (const problem of object.problems) {
        const damage = damageIn(problem);
        process.stdout.write(`    damaged: ${damage ? describeDamage(damage) : problem}\n`);
      }
    });
    const all = `${objects} objects, ${rows.toLocaleString("en")} rows, ${(bytes / 1e6).toFixed(1)} MB`;
    if (damaged === 0) process.stdout.write(`${all}: all as it was written\n`);
    else
      process.stdout.write(
        `${all}: ${damaged} damaged; go on from a copy of ${directory}, or start again with --reset\n`,
      );
    return damaged === 0 ? 0 : 1;
  } finally {
    folder.release();
  }
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`check: ${(error as Error).message}\n`);
  process.exitCode = 2;
}
