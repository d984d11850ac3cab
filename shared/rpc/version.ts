/** The Agave release whose RPC answers these are. */
export const SOLANA_CORE = "3.0.0";
