/**
 * What work costs, in units: one unit is a microsecond of one core of the machine that docs/performance.md names. The clock of a Worker stands
 * still while it computes, so a slice of work ends by what it is known to cost and not by the time that it took. All costs are here; the
 * measured ones say how. They decide who waits, never what an answer or a block is.
 */
/** A slice: after so much of it the event loop gets a turn. */
export const SLICE = 5_000;

export const COST = {
  /** A message to a WebSocket, whatever its length. */
  send: 25,
  /** A message from a WebSocket, with what the platform does to deliver it: 150 measured, one call in it. */
  heard: 150,
  /** A further call of a PubSub batch, read: parameters and what they watch. */
  subscribe: 50,
  /** A call over JSON-RPC: reading it, its parameters, its answer. getBalance takes 240 units of workerd in all, most of it in objects. */
  call: 100,
  /** A transaction, from wire to record: 3.8 measured. */
  parse: 4,
  /** A signature in a slice of SIGNATURES: 11 where 1,024 take 10.1 each and 256 13.8, all measured. */
  signature: 11,
  /** A bad one: 57 in a slice of FEW_SIGNATURES, where the group is halved until it is found. */
  badSignature: 57,
  /** A thousand compute units: 5 measured, a loop of additions and jumps. */
  thousandComputeUnits: 5,
  /** A simulation without its compute units: accounts in, result out. */
  simulation: 300,
  /** A signature or a candidate of an address looked up: base58, index, ledger; 55 measured over getSignatureStatuses. */
  lookup: 60,
  /** An entry of an address's history: read, confirmed, shown. */
  entry: 10,
  /** An account read by its key and shown. */
  account: 20,
  /** A transaction of a block or of a history, shown. */
  transaction: 60,
  /** A whole block read from the ledger and opened. */
  block: 2_000,
  /** A walk over the accounts of all shards, before any is shown. */
  scan: 5_000,
  /** An account that a walk has found, and one that is shown with its key. */
  found: 1,
  keyed: 20,
  /** A thousand bytes: of accounts found, copied from a shard, encoded and sent. */
  thousandBytes: 5,
} as const;

/** Signatures in a slice: as many as cost one when all are good. More would be up to a tenth cheaper each. */
export const SIGNATURES = 448;
/** In a slice after one with bad signatures: that many bad ones cost a slice. */
export const FEW_SIGNATURES = 64;

/** Of one request, whatever it holds: two seconds of a core. What is beyond it is refused, with a time to come back. */
export const REQUEST_BUDGET = 2_000_000;
/** Work of less than this need not wait for its turn as long as its request has not used up a slice. */
export const SMALL = SLICE / 2;

/** Of a simulation that may use so many compute units. */
export const simulationCost = (computeUnits: number): number =>
  COST.simulation + Math.ceil((computeUnits * COST.thousandComputeUnits) / 1_000);

/** Of so many bytes read, encoded and sent. */
export const bytesCost = (bytes: number): number => Math.ceil((bytes * COST.thousandBytes) / 1_000);
