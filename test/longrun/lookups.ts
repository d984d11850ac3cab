/** What lookups cost after very many transactions, beside a chain with few of them, in turns. */
import { ledgerShape } from "../../shared/ledger/ledger-shape.ts";
import { readNow } from "../../shared/ledger/reading.ts";
import { median } from "../bench/measure.ts";
import { Chain } from "./chain.ts";
import { Feed } from "./feed.ts";
import { Landed } from "./landed.ts";
import { INDEX_SHARE, type RunInput } from "./run.ts";
import { Transfers } from "./transfers.ts";

/** A busy ledger's blocks (docs/performance.md, bytes and rows). */
const PER_SLOT = 1_450;
/** More blocks than a reader keeps open, and more than wait for the index. */
const FRESH = 200_000;
const WALLETS = 10_000;
/** As many as getSignatureStatuses takes. */
const MANY = 256;
const ROUNDS = 9;
const ONES = 400;
const MANIES = 20;
/** Numbers from here on are of nobody. */
const UNKNOWN = 3_000_000_000;

const KINDS = ["unknownOne", "unknownMany", "knownOne", "knownMany"] as const;
type Kind = (typeof KINDS)[number];
export type LookupCosts = Readonly<Record<Kind, number>>;

export interface LookupReport {
  readonly transactions: number;
  readonly fresh: number;
  /** Microseconds a request, medians of rounds in turns. */
  readonly freshUs: LookupCosts;
  readonly lateUs: LookupCosts;
  readonly ratios: LookupCosts;
  /** Of one unknown signature. */
  readonly lookupAfterHistoryRatio: number;
  readonly generations: number;
  readonly indexGenerations: number;
  readonly indexPartitions: number;
}

interface Grown {
  readonly chain: Chain;
  readonly landed: Landed;
  readonly count: number;
}

async function grow(transfers: Transfers, count: number, input: RunInput, name: string): Promise<Grown> {
  const { folder, generationBytes, say } = input;
  const landed = new Landed(transfers, count);
  const chain = new Chain({
    folder: `${folder}/${name}`,
    shards: 4,
    lanes: 4,
    keys: [...transfers.keys, transfers.rare],
    ledger: ledgerShape({ generationBytes, indexBytes: Math.ceil(generationBytes * INDEX_SHARE) }),
    onBlock: (slot, block) => landed.block(slot, block),
  });
  const onSlot = () => say(landed.landed);
  const blockhash = recentBlockhash(chain);
  await new Feed(chain, transfers, landed).run({
    first: 1,
    last: count,
    perSlot: PER_SLOT,
    blockhash,
    crashEvery: 0,
    onSlot,
  });
  landed.demandAll(count);
  return { chain, landed, count };
}

/** One that stays usable, asked for every few frames. */
export function recentBlockhash(chain: Chain): () => Uint8Array {
  let asked = 0;
  let hash = chain.blockhash();
  return () => {
    if (++asked % 64 === 0) hash = chain.blockhash();
    return hash;
  };
}

export async function lookupsRun(input: RunInput): Promise<LookupReport> {
  const transfers = new Transfers(WALLETS);
  const grown: Grown[] = [];
  try {
    const fresh = await grow(transfers, Math.min(FRESH, Math.ceil(input.count / 2)), input, "fresh");
    grown.push(fresh);
    const late = await grow(transfers, input.count, input, "late");
    grown.push(late);
    const timed = grown.map((one) => ({ ask: asker(transfers, one), costs: rounds() }));
    for (let round = 0; round < ROUNDS; round++)
      for (const { ask, costs } of timed) for (const kind of KINDS) costs[kind].push(ask(kind));
    const medians = timed.map(({ costs }) => byKind((kind) => median(costs[kind])));
    const [freshUs, lateUs] = medians as [LookupCosts, LookupCosts];
    const ratios = byKind((kind) => lateUs[kind] / freshUs[kind]);
    const { catalog } = late.chain.newest.machine;
    return {
      transactions: late.count,
      fresh: fresh.count,
      freshUs,
      lateUs,
      ratios,
      lookupAfterHistoryRatio: ratios.unknownOne,
      generations: catalog.generation + 1,
      indexGenerations: catalog.indexes.length,
      indexPartitions: catalog.indexes.reduce((sum, { partitions }) => sum + partitions, 0),
    };
  } finally {
    for (const { chain } of grown) chain.close();
  }
}

const byKind = <T>(of: (kind: Kind) => T): Record<Kind, T> =>
  Object.fromEntries(KINDS.map((kind) => [kind, of(kind)])) as Record<Kind, T>;
const rounds = (): Record<Kind, number[]> => byKind(() => []);

/** Asks for statuses as getSignatureStatuses with searchTransactionHistory does; microseconds a request. Throws at a wrong answer. */
function asker(transfers: Transfers, { chain, landed, count }: Grown): (kind: Kind) => number {
  const reader = chain.reader();
  let unknown = UNKNOWN;
  let known = 0;
  // One block after the other, so that none is still open from the time before.
  const nextKnown = () => ((known++ * (PER_SLOT + 1)) % count) + 1;
  const check = (numbers: readonly number[], isKnown: boolean): void => {
    const statuses = readNow(
      reader.statuses(
        numbers.map((number) => transfers.signature(number)),
        true,
      ),
    );
    for (const [i, number] of numbers.entries()) {
      const slot = statuses[i] === null ? 0 : Number(statuses[i]!.slot);
      const should = isKnown ? landed.slots[number] : 0;
      if (slot !== should) throw new Error(`the status of transfer ${number} says slot ${slot}, not ${should}`);
    }
  };
  return (kind) => {
    const isKnown = kind.startsWith("known");
    const size = kind.endsWith("Many") ? MANY : 1;
    const times = size === 1 ? ONES : MANIES;
    const asked = Array.from({ length: times }, () => {
      // Many known ones as a client asks for them: what it has sent a moment before each other.
      const first = isKnown ? nextKnown() : 0;
      return Array.from({ length: size }, (_, i) => (isKnown ? ((first + i - 1) % count) + 1 : unknown++));
    });
    const begin = performance.now();
    for (const numbers of asked) check(numbers, isKnown);
    return ((performance.now() - begin) * 1_000) / times;
  };
}
