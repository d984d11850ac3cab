/**
 * A network split over two workerd processes. Both run the same worker with the configuration of the same wrangler.toml;
 * each has some of the object classes, and reaches the other's objects over the other's debug port, which speaks workerd's
 * own RPC (worker.ts). In production a namespace is global: this is about processes on one machine only.
 */

/** Bindings whose objects live beside the edge; all others live in the second process. */
export const FRONT = ["LANE"];

/** Generations of the ledger and partitions of its index: as many as the history needs. */
export const SERIES = ["ledger-", "index-"];

/** How a binding of wrangler.toml is reached from the process that does not have its objects. */
export interface RemoteClass {
  readonly className: string;
  /** Of which workerd makes the ids of its objects. */
  readonly uniqueKey: string;
}

/** What the worker is told about the split, in the variable SPLIT. */
export interface SplitVariable {
  /** The name that workerd gives to the worker, in both processes. */
  readonly service: string;
  /** By binding. */
  readonly remote: Readonly<Record<string, RemoteClass>>;
  /** Unique keys of the classes that are here, by class. */
  readonly local: Readonly<Record<string, string>>;
  /** Names of the network's objects: an object that is called by id is not told its own. */
  readonly names: readonly string[];
  /** Beginnings of the names of those that are as many as the history needs: a number from 0 on follows. */
  readonly series: readonly string[];
  /** Proves that it is infra that tells the address of the other process. */
  readonly token: string;
}

/** Header of the request that tells a worker where the other process is; the body is the address. */
export const TOKEN_HEADER = "x-split-token";

/** The binding for the debug port, and the one for the object through which the edge reaches the other process. */
export const PEER = "SPLIT_PEER";
export const LINK = "SPLIT_LINK";
