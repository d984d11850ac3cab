/** Ranges of keys by their first two bytes, for who reads all accounts and gets only so many in one answer. */
const LAST = 0xffff;

export interface KeyRange<T> {
  readonly first: number;
  readonly last: number;
  readonly found: T;
}

/**
 * All keys, ascending, in ranges that `read` answers: where it has null, for there are too many, it is asked for the halves. `tooMany`: thrown
 * where a range that cannot be halved has too many.
 */
export async function* readInHalves<T>(
  read: (first: number, last: number) => Promise<T | null>,
  tooMany: () => Error,
): AsyncGenerator<KeyRange<T>> {
  const open: [number, number][] = [[0, LAST]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [first, last] = next;
    const found = await read(first, last);
    if (found !== null) {
      yield { first, last, found };
      continue;
    }
    if (first === last) throw tooMany();
    const middle = (first + last) >> 1;
    open.push([middle + 1, last], [first, middle]);
  }
}
