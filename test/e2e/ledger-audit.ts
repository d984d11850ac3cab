/** Checks a network from outside, over its RPC alone: what clients were told against what the chain says. */
import { encodeBase58 } from "../../shared/rpc/base58.ts";
import type { BenchClient } from "../bench/client.ts";

interface BlockAnswer {
  readonly blockhash: string;
  readonly previousBlockhash: string;
  readonly parentSlot: number;
  readonly transactions: {
    readonly meta: {
      readonly err: unknown;
      readonly fee: number;
      readonly preBalances: number[];
      readonly postBalances: number[];
    };
    readonly transaction: { readonly signatures: string[]; readonly message: { readonly accountKeys: string[] } };
  }[];
}

export interface Audit {
  readonly blocks: number;
  readonly transactions: number;
  readonly fees: bigint;
  /** Balance of every account that a transaction touched, as the blocks say. */
  readonly balances: ReadonlyMap<string, bigint>;
  readonly slotOf: ReadonlyMap<string, number>;
}

/**
 * Walks all blocks: hashes link, no signature lands twice, every transaction starts from the balances that the ones
 * before it left, and what it takes in is what it gives out, less the fee. Throws with what is wrong.
 */
export async function auditBlocks(client: BenchClient): Promise<Audit> {
  const tip = await client.rpc<number>("getSlot");
  const balances = new Map<string, bigint>();
  const slotOf = new Map<string, number>();
  let previous = (await client.rpc<BlockAnswer>("getBlock", 0, OPTIONS)).blockhash;
  let fees = 0n;
  for (let slot = 1; slot <= tip; slot++) {
    const block = await client.rpc<BlockAnswer>("getBlock", slot, OPTIONS);
    if (block.previousBlockhash !== previous) throw new Error(`block ${slot} does not follow block ${slot - 1}`);
    previous = block.blockhash;
    for (const { meta, transaction } of block.transactions) {
      const signature = transaction.signatures[0]!;
      if (slotOf.has(signature))
        throw new Error(`${signature} is in block ${slotOf.get(signature)} and in block ${slot}`);
      slotOf.set(signature, slot);
      fees += BigInt(meta.fee);
      let sum = 0n;
      transaction.message.accountKeys.forEach((key, i) => {
        const before = BigInt(meta.preBalances[i]!);
        const known = balances.get(key);
        if (known !== undefined && known !== before) {
          throw new Error(`block ${slot}: ${key} had ${known} and starts ${signature} with ${before}`);
        }
        balances.set(key, BigInt(meta.postBalances[i]!));
        sum += BigInt(meta.postBalances[i]!) - before;
      });
      if (sum + BigInt(meta.fee) !== 0n)
        throw new Error(`${signature} makes or loses ${sum + BigInt(meta.fee)} lamports`);
    }
  }
  return { blocks: tip, transactions: slotOf.size, fees, balances, slotOf };
}

const OPTIONS = { maxSupportedTransactionVersion: 0, rewards: false };

/** Every balance that the blocks imply is the one that the shards answer, and the supply is the genesis less the fees. */
export async function auditBalances(client: BenchClient, audit: Audit, genesisLamports: bigint): Promise<void> {
  const keys = [...audit.balances.keys()];
  for (let at = 0; at < keys.length; at += 100) {
    const part = keys.slice(at, at + 100);
    const { value } = await client.rpc<{ value: ({ lamports: number } | null)[] }>("getMultipleAccounts", part, {
      dataSlice: { offset: 0, length: 0 },
      encoding: "base64",
    });
    part.forEach((key, i) => {
      const lamports = BigInt(value[i]?.lamports ?? 0);
      if (lamports !== audit.balances.get(key)) {
        throw new Error(`${key} has ${lamports}, the blocks say ${audit.balances.get(key)}`);
      }
    });
  }
  const { value } = await client.rpc<{ value: { total: number } }>("getSupply");
  if (BigInt(value.total) !== genesisLamports - audit.fees) {
    throw new Error(`${value.total} lamports exist, ${genesisLamports} less ${audit.fees} in fees should`);
  }
}

/** Signatures (64 bytes each) that the chain does not know, or knows in another slot than it said before. */
export async function missing(client: BenchClient, told: ReadonlyMap<string, number>): Promise<string[]> {
  const signatures = [...told.keys()];
  const lost: string[] = [];
  for (let at = 0; at < signatures.length; at += 256) {
    const part = signatures.slice(at, at + 256);
    const { value } = await client.rpc<{ value: ({ slot: number } | null)[] }>("getSignatureStatuses", part, {
      searchTransactionHistory: true,
    });
    part.forEach((signature, i) => {
      if (value[i]?.slot !== told.get(signature)) lost.push(signature);
    });
  }
  return lost;
}

export const signatureOf = (transaction: Uint8Array): string => encodeBase58(transaction.subarray(1, 65));
