/** Why a network cannot go on with what its objects have stored, from the answer of /v1/status. */
import { damageIn, describeDamage } from "../../shared/errors/damage.ts";
import { usage } from "./command-line.ts";
import { Failure } from "./failure.ts";

/** In answers of an object whose storage another version wrote (durable-objects/host/machine-host.ts). */
const OTHER_FORMAT = "STORE_OTHER_FORMAT";

/** Undefined: nothing speaks against it. */
export function stateFailure(status: string, directory: string): Failure | undefined {
  if (status.includes(OTHER_FORMAT)) {
    const wayOut = "--reset begins a new network there, --state DIR one elsewhere";
    return new Failure(
      "state-other-version",
      `the state in ${directory} has the format of another version (${wayOut})`,
    );
  }
  const damage = damageIn(status);
  if (!damage) return undefined;
  const wayOut = `${usage("check")} --state ${directory} reads all of it; go on from a copy, or start afresh with --reset`;
  const text = `the state in ${directory} is damaged: ${describeDamage(damage)} (${wayOut})`;
  return new Failure("state-corrupt", text);
}
