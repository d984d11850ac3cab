/**
 * Whose semantics and RPC this is: Agave's release and the first four bytes of its feature set's hash, as `solana --version` of that
 * release says. Tests run transactions against the same release; a new one changes both numbers here.
 */

export const SOLANA_CORE = "4.3.0";
export const FEATURE_SET = 0xc9ad34d2;
/** Name of this software among the clients of validators. */
export const CLIENT_ID = "InfiniSVM";

/** Answer to getVersion, over HTTP and over the socket. */
export const VERSION = { "solana-core": SOLANA_CORE, "feature-set": FEATURE_SET } as const;
