/** Whether a source is newer than what is built, or nothing is. */
export function isStale(): boolean;

/** Builds build/infinisvm.wasm when a source is newer; returns whether it built. Throws with the compiler's messages. */
export function buildWasm(options?: { force?: boolean }): Promise<boolean>;
