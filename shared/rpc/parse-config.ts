/** `jsonParsed` accounts of the Config program: the stake configuration and validators' self-descriptions (Agave's parse_config.rs). */
import type { Fields } from "./instruction-fields.ts";
import { Float, type Json, parse } from "./json.ts";
import { STAKE_CONFIG, VALIDATOR_INFO } from "./keys.ts";

/** A key and a flag. */
const KEY_SIZE = 33;
/** serde_json refuses text with more levels. */
const MAX_DEPTH = 127;

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isDeeper(member, levels - 1));
}

function keys(f: Fields): { pubkey: string; signer: boolean }[] {
  const count = f.shortLength();
  if (count * KEY_SIZE > f.rest().length) throw new RangeError("data end too early");
  return Array.from({ length: count }, () => {
    const pubkey = f.key();
    const signer = f.u8();
    if (signer > 1) throw new RangeError("no flag");
    return { pubkey, signer: signer === 1 };
  });
}

/** `null`: neither of both. Throws RangeError where the data end too early. */
export function parseConfigAccount(f: Fields, address: string): Json {
  const owners = keys(f);
  if (address === STAKE_CONFIG) {
    return { type: "stakeConfig", info: { warmupCooldownRate: new Float(f.f64()), slashPenalty: f.u8() } };
  }
  if (owners[0]?.pubkey !== VALIDATOR_INFO) return null;
  try {
    const configData = parse(f.text()) as Json;
    return isDeeper(configData, MAX_DEPTH) ? null : { type: "validatorInfo", info: { keys: owners, configData } };
  } catch (error) {
    // Text that is no UTF-8 or no JSON.
    if (error instanceof SyntaxError || error instanceof TypeError) return null;
    throw error;
  }
}
