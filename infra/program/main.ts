/** `npm run program`: deploys programs to a running network. Commands and options: options.ts. */
import { Failure } from "../network/failure.ts";
import { ProgramError } from "./errors.ts";
import { HELP, parseProgramOptions } from "./options.ts";
import { type Answer, Session } from "./session.ts";

function print(answer: Answer): void {
  for (const [name, value] of Object.entries(answer)) {
    if (!Array.isArray(value)) console.log(`${name.padEnd(20)}${value ?? "none"}`);
    else if (value.length === 0) console.log(`${name.padEnd(20)}none`);
    else for (const one of value as Answer[]) print(one);
  }
}

async function main(args: readonly string[]): Promise<void> {
  const options = parseProgramOptions(args);
  if (options.command === "help") {
    process.stdout.write(HELP);
    return;
  }
  const session = new Session(options);
  try {
    const answer = await session.run();
    session.end();
    if (options.values.json) console.log(JSON.stringify(answer));
    else print(answer);
  } finally {
    session.end();
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Failure || error instanceof ProgramError)) throw error;
  console.error(`program: ${error.message}`);
  process.exitCode = 2;
}
