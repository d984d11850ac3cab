/**
 * The package's client, for browsers, Workers and Node: the binary stream, kit over it, and blocks that are checked instead of believed.
 *
 *   const network = createStreamClient("http://127.0.0.1:8899");
 *   await network.send(wireTransaction);                          // { fate: "confirmed", slot, ... }
 *   await sendAndConfirmTransactionFactory(network)(signed, { commitment: "confirmed" });   // kit: its rpc and rpcSubscriptions
 *   network.close();
 */
export { ErrorCode, errorName } from "../shared/errors/codes.ts";
export { transactionErrorToJson } from "../shared/errors/transaction-error.ts";
export { Batch, type BatchOptions, FATES, type Fate } from "../shared/ingest/batch.ts";
export {
  IngestClient,
  IngestError,
  type IngestErrorCode,
  type IngestOptions,
  type TransactionStatus,
} from "../shared/ingest/client.ts";
export { type BlockLink, type CheckedBlock, fetchBlock, type Verified, verifyBlock } from "./block.ts";
export { createStreamClient, type StreamClient, type StreamClientOptions } from "./kit.ts";
export { openStream, type StreamOptions } from "./stream.ts";
