/** All attacks, in the order in which they run. */
import type { Attack } from "../attack.ts";
import { CONNECTIONS } from "./connections.ts";
import { EXECUTIONS } from "./executions.ts";
import { PAYMENTS } from "./payments.ts";
import { READS } from "./reads.ts";
import { SLOW_ATTACKS } from "./slow.ts";

export const ATTACKS: readonly Attack[] = [...READS, ...EXECUTIONS, ...PAYMENTS, ...SLOW_ATTACKS, ...CONNECTIONS];

export function attackNamed(name: string): Attack {
  const attack = ATTACKS.find((one) => one.name === name);
  if (!attack) throw new Error(`there is no attack "${name}"`);
  return attack;
}
