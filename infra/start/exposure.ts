/** Options of `npm start` and `npm run genesis` about who may use the network, and how much its faucet gives. */
import { DEFAULT_FAUCET_LIMITS, type FaucetLimits } from "../../shared/faucet/limits.ts";
import { normalHost } from "../../shared/rpc/access.ts";
import { Failure } from "../network/failure.ts";

const LAMPORTS_PER_SOL = 1_000_000_000n;
const DAY_S = 86_400;
/** A u64 holds no more lamports. */
const MOST = (1n << 64n) - 1n;

export const EXPOSURE_OPTIONS = {
  "allow-host": { type: "string", multiple: true },
  "allow-origin": { type: "string", multiple: true },
  "faucet-per-call": { type: "string" },
  "faucet-per-hour": { type: "string" },
  "faucet-total-per-hour": { type: "string" },
} as const;

export interface ExposureValues {
  readonly "allow-host"?: readonly string[] | undefined;
  readonly "allow-origin"?: readonly string[] | undefined;
  readonly "faucet-per-call"?: string | undefined;
  readonly "faucet-per-hour"?: string | undefined;
  readonly "faucet-total-per-hour"?: string | undefined;
}

export interface Exposure {
  readonly allowHosts: readonly string[];
  readonly allowOrigins: readonly string[];
  readonly faucetLimits: FaucetLimits;
}

/** Lamports of an amount like `10` or `0.5`; null for `none`. Throws a Failure for anything else. */
export function parseCap(flag: string, text: string): bigint | null {
  if (text === "none") return null;
  const [, whole, part = ""] = /^(\d{1,11})(?:\.(\d{1,9}))?$/.exec(text) ?? [];
  const lamports = whole === undefined ? -1n : BigInt(whole) * LAMPORTS_PER_SOL + BigInt(part.padEnd(9, "0"));
  if (lamports >= 0n && lamports <= MOST) return lamports;
  throw new Failure("bad-option", `${flag} takes an amount of SOL like 100 or 0.5, or none, not "${text}"`);
}

function host(name: string): string {
  const normal = normalHost(name);
  if (normal !== null && normal !== "") return normal;
  throw new Failure("bad-option", `--allow-host takes a name or address without a port, not "${name}"`);
}

/** Scheme, name and port, as browsers send it; "null" for pages without one, "*" for all. */
function origin(text: string): string {
  if (text === "*" || text === "null") return text;
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/\s?#@]+\/?$/i.test(text) && URL.canParse(text)) return text.replace(/\/$/, "");
  throw new Failure("bad-option", `--allow-origin takes an origin like https://app.example, null or *, not "${text}"`);
}

/** Throws a Failure for a value that is out of its range. */
export function parseExposure(values: ExposureValues): Exposure {
  const usual = DEFAULT_FAUCET_LIMITS;
  const cap = (name: keyof ExposureValues & `faucet-${string}`, otherwise: bigint | null): bigint | null => {
    const text = values[name];
    return text === undefined ? otherwise : parseCap(`--${name}`, text);
  };
  return {
    allowHosts: (values["allow-host"] ?? []).map(host),
    allowOrigins: (values["allow-origin"] ?? []).map(origin),
    faucetLimits: {
      perCall: cap("faucet-per-call", usual.perCall),
      perAddress: cap("faucet-per-hour", usual.perAddress),
      inAll: cap("faucet-total-per-hour", usual.inAll),
      seconds: usual.seconds,
    },
  };
}

const sol = (lamports: bigint): string => (Number(lamports) / Number(LAMPORTS_PER_SOL)).toLocaleString("en");
const slice = (seconds: number): string =>
  seconds === 3_600 ? "an hour" : seconds === DAY_S ? "a day" : `each ${seconds} s`;

/** In one line, for the report at the start. */
export function describeFaucet({ perCall, perAddress, inAll, seconds }: FaucetLimits): string {
  const parts = [
    ...(perCall === null ? [] : [`${sol(perCall)} SOL a call`]),
    ...(perAddress === null ? [] : [`${sol(perAddress)} SOL ${slice(seconds)} to one address`]),
    ...(inAll === null ? [] : [`${sol(inAll)} SOL ${slice(seconds)} in all`]),
  ];
  return parts.length === 0 ? "without limits" : `at most ${parts.join(", ")}`;
}
