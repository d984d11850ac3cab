/**
 * Reads on a forked network: a method is run, what it did not find is fetched, and it is run again on a tip that has it.
 *
 *   run ─▶ missing: token account ─▶ fetched ─▶ run ─▶ missing: its mint ─▶ fetched ─▶ run ─▶ nothing that upstream has: the answer
 */
import type { Call } from "./call.ts";
import type { Json } from "./json.ts";
import type { Method } from "./method.ts";

/** How often a method is run: a table names accounts, these their programs, programs their code. */
const MAX_RUNS = 8;

type Outcome = { readonly ok: true; readonly answer: Json } | { readonly ok: false; readonly fault: unknown };

export async function runFetching(call: Call, method: Method, params: unknown): Promise<Json> {
  for (let run = 1; ; run++) {
    const noting = call.noting();
    const outcome = await method.run(noting, params).then(
      (answer): Outcome => ({ ok: true, answer }),
      (fault): Outcome => ({ ok: false, fault }),
    );
    if (run < MAX_RUNS && (await noting.fetchMissing())) continue;
    if (outcome.ok) return outcome.answer;
    throw outcome.fault;
  }
}
