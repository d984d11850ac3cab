/** Signed legacy transactions, as the Solana CLI makes them, and one way to bring a single one onto the chain. */
import {
  appendTransactionMessageInstructions,
  compileTransaction,
  createTransactionMessage,
  getSignatureFromTransaction,
  type Instruction,
  type KeyPairSigner,
  pipe,
  type Signature,
  setTransactionMessageFeePayer,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransaction,
  type Transaction,
} from "@solana/kit";
import type { Chain, Lifetime, Outcome } from "./chain.ts";
import { ProgramError } from "./errors.ts";

export interface Signed {
  readonly transaction: Transaction;
  readonly signature: Signature;
  readonly lastValidBlockHeight: bigint;
}

/** The first signer pays. */
export async function signed(
  lifetime: Lifetime,
  instructions: readonly Instruction[],
  signers: readonly KeyPairSigner[],
): Promise<Signed> {
  const message = pipe(
    createTransactionMessage({ version: "legacy" }),
    (m) => setTransactionMessageFeePayer(signers[0]!.address, m),
    (m) => setTransactionMessageLifetimeUsingBlockhash(lifetime, m),
    (m) => appendTransactionMessageInstructions(instructions, m),
  );
  const keys = signers.map(({ keyPair }) => keyPair);
  const transaction = await signTransaction(keys, compileTransaction(message));
  const signature = getSignatureFromTransaction(transaction);
  return { transaction, signature, lastValidBlockHeight: lifetime.lastValidBlockHeight };
}

const POLL_MS = 40;
/** Blockhashes that may expire before a transaction is given up. */
const ATTEMPTS = 5;

/** Back with the slot it landed in; throws a ProgramError with the error and the logs of one that fails. Signs anew when it expires. */
export async function sendOne(
  chain: Chain,
  what: string,
  instructions: readonly Instruction[],
  signers: readonly KeyPairSigner[],
): Promise<{ readonly signature: Signature; readonly slot: bigint }> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const one = await signed(await chain.latest(), instructions, signers);
    if ((await chain.send(one.transaction, { preflight: true })) === "expired") continue;
    const outcome = await settled(chain, one);
    if (outcome === null) continue;
    if (outcome.error === null) return { signature: one.signature, slot: outcome.slot };
    const logs = await chain.logs(one.signature);
    const lines = logs.map((line) => `\n  ${line}`).join("");
    throw new ProgramError("failed", `${what} failed (${one.signature}): ${outcome.error}${lines}`);
  }
  throw new ProgramError("failed", `${what} failed: the blockhash expired ${ATTEMPTS} times before it landed`);
}

/** Null: it can no longer land. */
async function settled(chain: Chain, { signature, lastValidBlockHeight }: Signed): Promise<Outcome | null> {
  for (;;) {
    // In this order: what lands between the two questions is not taken for expired.
    const height = await chain.blockHeight();
    const [outcome] = await chain.outcomes([signature]);
    if (outcome) return outcome;
    if (height > lastValidBlockHeight) return null;
    await chain.sleep(POLL_MS);
  }
}
