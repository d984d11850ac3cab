/** `npm run snapshot`, `infinisvm snapshot`: command.ts. */
import { Failure } from "../network/failure.ts";
import { snapshotCommand } from "./command.ts";

const EXIT_FAILED = 1;
const EXIT_REFUSED = 2;

try {
  process.stdout.write(await snapshotCommand(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`infinisvm: ${(error as Error).message}\n`);
  process.exit(error instanceof Failure ? EXIT_REFUSED : EXIT_FAILED);
}
