#!/usr/bin/env node
/** `infinisvm COMMAND ...`: the command of the package that is installed. */
import { runAsCommand } from "../network/command-line.ts";
import { VERSION } from "../package/files.ts";
import { commandOf, help } from "./commands.ts";

const EXIT_REFUSED = 2;

const [name, ...rest] = process.argv.slice(2);
const command = commandOf(name);
if (command) {
  runAsCommand();
  // Commands read their arguments as if each were a program of its own.
  process.argv.splice(2, Number.POSITIVE_INFINITY, ...rest);
  await command.load();
} else if (name === "--version" || name === "-v") {
  process.stdout.write(`${VERSION}\n`);
} else if (name === undefined || name === "--help" || name === "-h" || name === "help") {
  process.stdout.write(help());
} else {
  process.stderr.write(`infinisvm: there is no command "${name}"; infinisvm --help lists them\n`);
  process.exitCode = EXIT_REFUSED;
}
