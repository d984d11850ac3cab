/**
 * How much a faucet gives: to one call, and within an hour to one address and to all. The rules and texts of Agave's faucet
 * (faucet/src/faucet.rs), which has the first two.
 *
 *   time ──┬── hour 1 ──────┬── hour 2 ──────┬──      hours of the clock: what was given in one that is over is forgotten
 *          │ total 1,200    │ total 300      │
 *          │ A 1,000, B 200 │ C 300          │
 */

/** Lamports; null: no limit. */
export interface FaucetLimits {
  readonly perCall: bigint | null;
  /** To one recipient within a slice of time, and to one client's address where that is known. */
  readonly perAddress: bigint | null;
  /** To all within a slice of time. */
  readonly inAll: bigint | null;
  /** Length of a slice, seconds. */
  readonly seconds: number;
}

const SOL = 1_000_000_000n;

/** Of 500 million SOL that a network begins with: the whole in 500 hours. */
export const DEFAULT_FAUCET_LIMITS: FaucetLimits = {
  perCall: 10_000n * SOL,
  perAddress: 100_000n * SOL,
  inAll: 1_000_000n * SOL,
  seconds: 3_600,
};

export const NO_FAUCET_LIMITS: FaucetLimits = { perCall: null, perAddress: null, inAll: null, seconds: 3_600 };

/** Sums remembered within a slice: of all, of recipients and clients. For more of them only the limit for all counts. */
export const MAX_REMEMBERED = 65_536;

/** Names under which sums are kept: of all, to a recipient, by a client. The last two begin equally long. */
const ALL = "";
const TO = "to ";
const BY = "by ";
const namesOf = (to: string, client: string | undefined): string[] => [
  ALL,
  TO + to,
  ...(client === undefined ? [] : [BY + client]),
];

export interface FaucetRequest {
  /** Base58. */
  readonly to: string;
  /** The client's address on the network, where it is known. */
  readonly client?: string | undefined;
  readonly lamports: bigint;
}

export interface FaucetRefusal {
  readonly limit: "perCall" | "perAddress" | "inAll";
  /** As Agave's faucet has it. */
  readonly text: string;
  /** When the slice is over; 0: never enough. */
  readonly retryAfterSeconds: number;
}

/** Lamports as Agave prints SOL in these texts: no more digits than needed. */
function sol(lamports: bigint): string {
  const digits = (lamports % SOL).toString().padStart(9, "0").replace(/0+$/, "");
  return `◎${lamports / SOL}${digits === "" ? "" : `.${digits}`}`;
}

/** What a single call asks too much of, whatever was given before. */
export function callRefusal({ perCall }: FaucetLimits, lamports: bigint): FaucetRefusal | null {
  if (perCall === null || lamports <= perCall) return null;
  const text = `request too large; req: ${sol(lamports)}, cap: ${sol(perCall)}`;
  return { limit: "perCall", text, retryAfterSeconds: 0 };
}

/** Whether anything has to be remembered. */
export const hasMemory = ({ perAddress, inAll }: FaucetLimits): boolean => perAddress !== null || inAll !== null;

export type Given = readonly [name: string, lamports: bigint];

export type FaucetAnswer =
  | { readonly ok: false; readonly refusal: FaucetRefusal }
  /** `forget`: what is stored is of a slice that is over. `given`: to be stored before anything is given. */
  | { readonly ok: true; readonly slice: number; readonly forget: boolean; readonly given: readonly Given[] };

/** What was given in the slice of time that runs. */
export class FaucetBook {
  readonly #limits: FaucetLimits;
  #slice: number;
  #given: Map<string, bigint>;

  /** `slice`, `given`: as stored; -1 and nothing in the beginning. */
  constructor(limits: FaucetLimits, slice = -1, given: Iterable<Given> = []) {
    this.#limits = limits;
    this.#slice = slice;
    this.#given = new Map(given);
  }

  /** `now`: Unix seconds. What is allowed counts from now on. */
  ask({ to, client, lamports }: FaucetRequest, now: number): FaucetAnswer {
    const { perAddress, inAll, seconds } = this.#limits;
    const slice = Math.floor(now / seconds);
    const forget = slice !== this.#slice;
    const given = forget ? new Map<string, bigint>() : this.#given;
    const perCall = callRefusal(this.#limits, lamports);
    if (perCall) return { ok: false, refusal: perCall };
    const sums: Given[] = [];
    for (const name of namesOf(to, client)) {
      const limit = name === ALL ? "inAll" : "perAddress";
      const cap = name === ALL ? inAll : perAddress;
      if (cap === null) continue;
      const before = given.get(name);
      if (before === undefined && given.size >= MAX_REMEMBERED) continue;
      const sum = (before ?? 0n) + lamports;
      if (sum > cap) {
        const whom = name === ALL ? "everybody" : name.slice(TO.length);
        const text = `limit reached; req: ${sol(lamports)}, to: ${whom}, current: ${sol(sum)}, cap: ${sol(cap)}`;
        return { ok: false, refusal: { limit, text, retryAfterSeconds: (slice + 1) * seconds - Math.floor(now) } };
      }
      sums.push([name, sum]);
    }
    this.#slice = slice;
    this.#given = given;
    for (const [name, sum] of sums) given.set(name, sum);
    return { ok: true, slice, forget, given: sums };
  }

  /** What was allowed could not be sent. The sums to store; nothing when its slice is over. */
  giveBack({ to, client, lamports }: FaucetRequest, slice: number): readonly Given[] {
    if (slice !== this.#slice) return [];
    const sums = namesOf(to, client).flatMap((name): Given[] => {
      const sum = this.#given.get(name);
      return sum === undefined || sum < lamports ? [] : [[name, sum - lamports]];
    });
    for (const [name, sum] of sums) this.#given.set(name, sum);
    return sums;
  }

  /** Recipients and clients that are remembered. */
  get size(): number {
    return this.#given.size;
  }
}
