/** The model's answers as text. */
import { type GeneratorCost, GUIDE_REQUESTS_PER_SECOND, type Limits, type ObjectFlow } from "./flow.ts";
import { MEMORY_LIMIT_BYTES, MEMORY_TARGET_BYTES, type ObjectMemory } from "./memory.ts";
import type { Outcome } from "./network.ts";
import type { Check } from "./scenarios.ts";

export const whole = (value: number): string => Math.round(value).toLocaleString("en-US");
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

function duration(seconds: number): string {
  if (seconds < 120) return `${seconds.toFixed(0)} s`;
  if (seconds < 7_200) return `${(seconds / 60).toFixed(0)} min`;
  return seconds < 172_800 ? `${(seconds / 3_600).toFixed(1)} h` : `${(seconds / 86_400).toFixed(1)} days`;
}

export function checkLine({ shards, measured, byTheClock, modelled, ratio }: Check): string {
  const name = `${shards} shard${shards > 1 ? "s" : ""}`;
  const beside = `measured ${whole(measured)}/s of CPU time, ${whole(byTheClock)}/s by the clock`;
  return `  ${name.padEnd(28)}${whole(modelled).padStart(10)}/s   ${beside}   ${ratio.toFixed(2)}x`;
}

export function outcomeLine(what: string, offered: number, outcome: Outcome): string {
  const { perSecond, p50Ms, p99Ms, busy, saturatesFirst, largestGroup } = outcome;
  const shares = Object.entries(busy).map(([name, share]) => `${name} ${Math.round(share * 100)}%`);
  return (
    `  ${what.padEnd(28)}${whole(perSecond).padStart(10)}/s of ${whole(offered).padStart(10)}   ` +
    `${p50Ms.toFixed(0).padStart(5)} / ${p99Ms.toFixed(0).padStart(5)} ms   ${saturatesFirst.padEnd(14)}` +
    `(${shares.join(", ")}; largest group ${Math.round(largestGroup * 100)}%)`
  );
}

export function flowLines(flows: readonly ObjectFlow[]): string[] {
  return flows.map(({ object, requestsPerSecond, storedBytes, secondsUntilHandover, secondsUntilFull }) => {
    const over = requestsPerSecond > GUIDE_REQUESTS_PER_SECOND ? " (!)" : "";
    const stored = storedBytes === null ? "nothing stored" : `${megabytes(storedBytes)} at the most`;
    const full = secondsUntilFull === null ? "never full" : "does not fit an object";
    const next = secondsUntilHandover === null ? full : `the next one after ${duration(secondsUntilHandover)}, ${full}`;
    const requests = `${whole(requestsPerSecond).padStart(8)} requests/s${over.padEnd(4)}`;
    return `  ${object.padEnd(16)}${requests}  ${stored.padStart(22)}   ${storedBytes === null ? "" : next}`.trimEnd();
  });
}

export function limitLines(limits: Limits): string[] {
  const { knownPerSecond, sustainedPerSecond, transactionsUntilFull, generationsPerDay } = limits;
  const { historyBytesPerTransfer, historyUsdPerMillionMonth } = limits;
  return [
    `  known messages allow ${whole(knownPerSecond)}/s; sustained ${whole(sustainedPerSecond)}/s`,
    `  transactions until an object is full: ${transactionsUntilFull === null ? "no limit" : whole(transactionsUntilFull)}`,
    `  history: ${historyBytesPerTransfer} B a transfer, ${generationsPerDay.toFixed(1)} ledger objects a day, ` +
      `${historyUsdPerMillionMonth.toFixed(2)} USD a million each month`,
  ];
}

export function memoryLines(tables: readonly ObjectMemory[]): string[] {
  return tables.flatMap(({ object, rows, totalBytes }) => {
    const verdict =
      totalBytes > MEMORY_LIMIT_BYTES ? " (more than an object has)" : totalBytes > MEMORY_TARGET_BYTES ? " (!)" : "";
    return [
      `  ${object.padEnd(16)}${megabytes(totalBytes).padStart(10)}${verdict}`,
      ...rows.map(({ what, bytes }) => `    ${what.padEnd(44)}${megabytes(bytes).padStart(10)}`),
    ];
  });
}

export function generatorLine({ loadCpuUs, oneCpuUs, twoCpuUs, twoProcessBound }: GeneratorCost): string {
  return (
    `  ${loadCpuUs} us a transfer beside ${oneCpuUs} us of one process, ${twoCpuUs.join(" + ")} us of two: ` +
    `two cores can show ${twoProcessBound.toFixed(2)}x at the most`
  );
}
