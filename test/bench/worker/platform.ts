/** What the platform itself costs: a call of an object, a byte in a call, a row, a byte in a row. */
import { DurableObject } from "cloudflare:workers";
import { BlobStore } from "../../../durable-objects/host/blob-store.ts";
import { median } from "../measure.ts";

export interface PlatformCosts {
  /** A call of an object with hardly any bytes, both sides together. */
  readonly callUs: number;
  /** A byte more in a call, sent and received. */
  readonly callNsPerByte: number;
  /** From asking an object for a short row to its answer that the row is durable, without the call. */
  readonly rowUs: number;
  /** A byte more in a row, while several objects write at once: what one waits for, another works through. */
  readonly rowNsPerByte: number;
}

/** Objects that write at once: a lane, the builder, four shards, the ledger. */
const WRITERS = 7;

const LARGE = 1 << 20;

export class PlatformObject extends DurableObject {
  async take(bytes: Uint8Array): Promise<number> {
    return bytes.length;
  }

  /** Writes one row, and answers when it is durable. */
  async store(id: number, length: number): Promise<number> {
    new BlobStore(this.ctx.storage.sql, "bench").put("rows", id, new Uint8Array(length).fill(id & 255));
    return length;
  }
}

type Stub = DurableObjectStub<PlatformObject>;

async function eachUs(rounds: number, calls: number, work: (i: number) => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const start = performance.now();
    for (let i = 0; i < calls; i++) await work(i);
    if (round >= 0) times.push(((performance.now() - start) * 1000) / calls);
  }
  return median(times);
}

export async function benchPlatform(
  namespace: DurableObjectNamespace<PlatformObject>,
  rounds: number,
): Promise<PlatformCosts> {
  const stubs = Array.from({ length: WRITERS }, (_, i) => namespace.getByName(`platform-${i}`));
  const stub: Stub = stubs[0]!;
  const large = new Uint8Array(LARGE).fill(1);
  const small = new Uint8Array(64).fill(1);
  const callUs = await eachUs(rounds, 500, () => stub.take(small));
  const largeCallUs = await eachUs(rounds, 30, () => stub.take(large));
  const rowUs = await eachUs(rounds, 200, (i) => stub.store(i, 200));
  const all = (length: number) => (i: number) => Promise.all(stubs.map((each) => each.store(i, length)));
  const smallRowsUs = await eachUs(rounds, 30, all(200));
  const largeRowsUs = await eachUs(rounds, 10, all(LARGE));
  return {
    callUs,
    callNsPerByte: ((largeCallUs - callUs) * 1000) / LARGE,
    rowUs: rowUs - callUs,
    rowNsPerByte: ((largeRowsUs - smallRowsUs) * 1000) / (LARGE * WRITERS),
  };
}
