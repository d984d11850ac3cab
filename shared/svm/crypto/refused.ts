/** Thrown by the operations of this folder for bytes that Agave refuses; anything else that is thrown is a bug here. */
export class Refused extends Error {
  constructor() {
    super("refused");
  }
}

/** What throws for bad bytes in the library below. */
export function orRefuse<T>(read: () => T): T {
  try {
    return read();
  } catch {
    throw new Refused();
  }
}
