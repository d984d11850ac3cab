/** Files of the package that workerd runs or that say how. */
/** wrangler.toml, as it was read. */
export const DEPLOYABLE = "deployable.json";
/** Main modules of the workers. */
export const MAIN = { whole: "network.worker.js", split: "split.worker.js", stored: "stored.worker.js" } as const;
/** A local network has its genesis from its state folder: empty. */
export const GENESIS = "genesis.bin";
