/** Names and pages that may use faucet and development methods, where the tool of that name has no options for it. */
import { parseExposure } from "../start/exposure.ts";

const list = (text = ""): string[] => text.split(",").filter((one) => one !== "");

/** INFINISVM_ALLOW_HOST and INFINISVM_ALLOW_ORIGIN, with commas between several. Throws a Failure as the options of `npm start` do. */
export function accessFromEnvironment(env: Readonly<Record<string, string | undefined>> = process.env): {
  readonly allowHosts: readonly string[];
  readonly allowOrigins: readonly string[];
} {
  const { allowHosts, allowOrigins } = parseExposure({
    "allow-host": list(env.INFINISVM_ALLOW_HOST),
    "allow-origin": list(env.INFINISVM_ALLOW_ORIGIN),
  });
  return { allowHosts, allowOrigins };
}
