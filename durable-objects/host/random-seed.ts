/** A secret of this incarnation against keys that are chosen to collide in the tables of its engine. No output depends on it. */
export function randomSeed(): bigint {
  return crypto.getRandomValues(new BigUint64Array(1))[0]!;
}
