/**
 * Signs the transfers of a plan: a thread of its own, started by signers.ts, so that signing never holds up the pace of sending.
 *
 *   in   { id, rows, blockhash }      out  { id, body }: as POST /v1/transactions takes it
 */
import type { KeyObject } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import { KeyList, secretOf } from "./accounts.ts";
import { type TransactionVersion, TransferTemplate } from "./message.ts";
import { ROW } from "./plan.ts";

export interface SignerData {
  readonly seed: string;
  readonly owners: SharedArrayBuffer;
  /** Null: SOL. */
  readonly tokenAccounts: SharedArrayBuffer | null;
  readonly version: TransactionVersion;
}
export interface SignRequest {
  readonly id: number;
  readonly rows: Uint32Array;
  readonly blockhash: Uint8Array;
}
export interface Signed {
  readonly id: number;
  readonly body: Uint8Array<ArrayBuffer>;
  /** CPU time that signing took. */
  readonly cpuUs: number;
}

const { seed, owners, tokenAccounts, version } = workerData as SignerData;
const keys = new KeyList(owners);
const tokens = tokenAccounts && new KeyList(tokenAccounts);
const template = new TransferTemplate(tokens !== null, version);
const secrets: (KeyObject | undefined)[] = [];

/** Node before 23.9 does not know a thread's CPU time: then the time by the clock, which is more. */
function threadCpuUs(): number {
  const usage = process.threadCpuUsage?.();
  return usage ? usage.user + usage.system : performance.now() * 1000;
}

function bodyOf({ rows, blockhash }: SignRequest): Uint8Array<ArrayBuffer> {
  const { length } = template;
  const body = new Uint8Array((rows.length / ROW) * (2 + length));
  template.setBlockhash(blockhash);
  for (let i = 0, at = 0; i < rows.length; i += ROW, at += 2 + length) {
    const from = rows[i]!;
    const to = rows[i + 1]!;
    secrets[from] ??= secretOf(seed, from);
    template.setKey(0, keys.get(from));
    template.setKey(1, tokens ? tokens.get(from) : keys.get(to));
    if (tokens) template.setKey(2, tokens.get(to));
    template.setAmount(rows[i + 2]!);
    body[at] = length;
    body[at + 1] = length >> 8;
    body.set(template.sign(secrets[from]), at + 2);
  }
  return body;
}

parentPort!.on("message", (request: SignRequest) => {
  const before = threadCpuUs();
  const body = bodyOf(request);
  const answer: Signed = { id: request.id, body, cpuUs: threadCpuUs() - before };
  parentPort!.postMessage(answer, [body.buffer]);
});
