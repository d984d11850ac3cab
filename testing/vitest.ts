/** Adds the matchers to vitest's `expect`: `import "infinisvm/testing/vitest"`, or name it in `setupFiles`. */
import { expect } from "vitest";
import { type ExpectedFailure, matchers } from "./matchers.ts";

declare module "vitest" {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> {
    /** The transaction has landed and did not fail. */
    toHaveLanded(): Promise<void>;
    /** It failed like this, landed or refused before. */
    toFailWith(expected: ExpectedFailure): Promise<void>;
  }
}

expect.extend(matchers);
