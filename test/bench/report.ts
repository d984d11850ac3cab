/** The benchmark's result as a person reads it. */
import type { EndToEnd, Plan } from "./end-to-end.ts";
import type { LitesvmRates } from "./litesvm.ts";
import type { PipelineResult } from "./pipeline.ts";

export interface Report {
  readonly litesvm: LitesvmRates;
  readonly pipeline: PipelineResult;
  readonly endToEnd: EndToEnd;
  readonly shards: number;
  readonly plan: Plan;
}

const whole = (value: number) => Math.round(value).toLocaleString("en-US");

function row(name: string, value: string, beside = ""): void {
  console.log(`  ${name.padEnd(46)}${value.padStart(14)}   ${beside}`);
}

export function printReport({ litesvm, pipeline, endToEnd, shards, plan }: Report): void {
  console.log(
    `\nThroughput (${whole(plan.accounts)} accounts, ${shards} shards, one workerd process, median of ${plan.runs})`,
  );
  row("litesvm, no signature check, nothing durable", `${whole(litesvm.unverified)}/s`);
  row("litesvm, signature check, nothing durable", `${whole(litesvm.verified)}/s`);
  const against = (rate: number) => `${(rate / litesvm.verified).toFixed(2)}x litesvm with signature check`;
  row("SOL transfers, socket to durable", `${whole(endToEnd.solPerSecond)}/s`, against(endToEnd.solPerSecond));
  row("token transfers, socket to durable", `${whole(endToEnd.tokenPerSecond)}/s`, against(endToEnd.tokenPerSecond));
  row("SOL transfers over JSON-RPC", `${whole(endToEnd.jsonRpcPerSecond)}/s`, against(endToEnd.jsonRpcPerSecond));
  console.log("\nConfirmation, submit to WebSocket notification");
  row("idle, p50 / p99", `${endToEnd.confirmIdleP50Ms.toFixed(1)} / ${endToEnd.confirmIdleP99Ms.toFixed(1)} ms`);
  row("half load, p50 / p99", `${endToEnd.confirmLoadP50Ms.toFixed(1)} / ${endToEnd.confirmLoadP99Ms.toFixed(1)} ms`);
  console.log("\nCost of a bulk SOL transfer");
  row("object rows written", endToEnd.rowsPerTransaction.toFixed(4));
  row("bytes written", whole(endToEnd.bytesPerTransaction));
  row("object calls", endToEnd.objectCallsPerTransaction.toFixed(4));
  row("share of cross-shard transactions", `${(endToEnd.crossShardShare * 100).toFixed(1)} %`);
  console.log("\nWhere the microseconds go (one thread, no I/O, a SOL transfer)");
  const total = Object.values(pipeline.stages).reduce((sum, us) => sum + us, 0);
  for (const [name, us] of Object.entries(pipeline.stages)) row(name, `${us.toFixed(2)} us`);
  row("sum", `${total.toFixed(2)} us`);
  const rest = 1e6 / endToEnd.solPerSecond - total;
  row("messages, SQLite, HTTP (the rest of end to end)", `${rest.toFixed(2)} us`);
}
