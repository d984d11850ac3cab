/** Memory of the account store: what an account takes beyond its own bytes. */
import { viewOf } from "../../shared/protocol/bytes.ts";
import { ShardEngine } from "../../shared/state/shard-engine.ts";
import { wasmModule } from "../wasm-module.ts";

/** Key, owner, lamports, rent epoch and the executable flag: what an account is besides its data. */
const OWN_BYTES = 32 + 32 + 8 + 8 + 1;
const HEADER = 8;
const ENCODED = 88;
const LIST = 10_000;

export interface StoreResult {
  /** Bytes an account over its own, of wallets and token accounts half and half. */
  readonly storeOverheadBytes: number;
  readonly walletOverheadBytes: number;
  readonly tokenAccountOverheadBytes: number;
}

/** Random words, the same in every run. */
function words(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    const mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    return (mixed ^ (mixed >>> 13)) >>> 0;
  };
}

/** Account list of `count` accounts with random keys and so many bytes of data. */
function randomAccounts(word: () => number, count: number, dataLength: (i: number) => number): Uint8Array {
  const sizes = Array.from({ length: count }, (_, i) => dataLength(i));
  const list = new Uint8Array(sizes.reduce((sum, size) => sum + ENCODED + ((size + 7) & ~7), HEADER));
  const view = viewOf(list);
  view.setUint32(0, count, true);
  let at = HEADER;
  for (const size of sizes) {
    for (let i = 0; i < 32; i += 4) view.setUint32(at + i, word(), true);
    view.setBigUint64(at + 64, 1_000_000n, true);
    view.setUint32(at + 80, size, true);
    at += ENCODED + ((size + 7) & ~7);
  }
  return list;
}

function overhead(accounts: number, dataLength: (i: number) => number): number {
  const engine = new ShardEngine(wasmModule(), { shardIndex: 0, shardCount: 1, seed0: 1n, seed1: 2n });
  const live = (): number => Number(engine.instance.exports.heapLiveBytes!() as bigint);
  const word = words(7);
  const load = (count: number): void => engine.load(randomAccounts(word, count, dataLength), 1);
  // The buffer of the input is not the accounts'.
  load(LIST);
  const before = live();
  let own = 0;
  for (let done = 0; done < accounts; done += LIST) load(LIST);
  for (let i = 0; i < LIST; i++) own += (OWN_BYTES + dataLength(i)) * (accounts / LIST);
  return (live() - before - own) / accounts;
}

export function benchStore(accounts = 1_000_000): StoreResult {
  const TOKEN_ACCOUNT = 165;
  return {
    storeOverheadBytes: overhead(accounts, (i) => (i % 2 === 0 ? 0 : TOKEN_ACCOUNT)),
    walletOverheadBytes: overhead(accounts, () => 0),
    tokenAccountOverheadBytes: overhead(accounts / 2, () => TOKEN_ACCOUNT),
  };
}
