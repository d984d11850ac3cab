/** The ledger's objects as a reader asks them (shared/ledger/ledger-ports.ts), and blocks, which may be too long for a call. */

import type { IndexPort, LedgerPort } from "../../shared/ledger/ledger-ports.ts";
import { LedgerReader } from "../../shared/ledger/ledger-reader.ts";
import { builderStub, type Env, indexStub, ledgerStub } from "./env.ts";
import { type LongBytes, readBytes } from "./long-message.ts";

/** What an object answers over a call is plain data: the types of stubs, which wrap it, are those of the ports. */
export function ledgerReader(env: Env): LedgerReader {
  return new LedgerReader({
    newest: () => builderStub(env).ledger(),
    ledger: (generation) => ledgerStub(env, generation) as unknown as LedgerPort,
    index: (partition) => indexStub(env, partition) as unknown as IndexPort,
  });
}

/** The bytes of a generation's block, or null. */
export async function readBlock(env: Env, generation: number, slot: number): Promise<Uint8Array | null> {
  const answer: LongBytes | null = await ledgerStub(env, generation).block(slot);
  return answer === null ? null : await readBytes(answer);
}
