/** Readings: generators over calls that may be promises. Objects that are called are awaited; in one thread all runs in one go. */

export type Soon<T> = T | Promise<T>;

/** Calls under way at once; resumed with their answers. */
export type Reading<T> = Generator<readonly Soon<unknown>[], T, readonly unknown[]>;

/** Runs a reading over objects that answer at once. */
export function readNow<T>(reading: Reading<T>): T {
  for (let step = reading.next(); ; step = reading.next(step.value)) if (step.done) return step.value;
}

/** Runs a reading over objects that are called. */
export async function readSoon<T>(reading: Reading<T>): Promise<T> {
  let step = reading.next();
  while (!step.done) step = reading.next(await Promise.all(step.value));
  return step.value;
}

/** The answers of calls that are under way at once. */
export function* all<T>(calls: readonly Soon<T>[]): Reading<T[]> {
  return calls.length === 0 ? [] : ((yield calls) as T[]);
}

/** The answer of a call. */
export function* one<T>(call: Soon<T>): Reading<T> {
  const [answer] = yield* all([call]);
  return answer as T;
}
