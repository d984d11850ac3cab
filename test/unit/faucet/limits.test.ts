/** How much a faucet gives: to a call, an address, a client and all, and what is remembered of it. */
import { describe, expect, it } from "vitest";
import {
  callRefusal,
  DEFAULT_FAUCET_LIMITS,
  FaucetBook,
  type FaucetLimits,
  type Given,
  hasMemory,
  MAX_REMEMBERED,
  NO_FAUCET_LIMITS,
} from "../../../shared/faucet/limits.ts";

const SOL = 1_000_000_000n;
const LIMITS: FaucetLimits = { perCall: 10n * SOL, perAddress: 15n * SOL, inAll: 30n * SOL, seconds: 3_600 };
const HOUR = 3_600;

describe("a faucet's limits", () => {
  it("a call: Agave's text, to the lamport", () => {
    expect(callRefusal(LIMITS, 10n * SOL)).toBeNull();
    expect(callRefusal(LIMITS, 10n * SOL + 1n)).toEqual({
      limit: "perCall",
      text: "request too large; req: ◎10.000000001, cap: ◎10",
      retryAfterSeconds: 0,
    });
    const text = callRefusal(LIMITS, 9_000_000n * SOL)!.text;
    expect(text).toBe("request too large; req: ◎9000000, cap: ◎10");
  });

  it("an hour, an address: what would go beyond is refused, and does not count", () => {
    const book = new FaucetBook(LIMITS);
    expect(book.ask({ to: "A", lamports: 10n * SOL }, HOUR)).toEqual({
      ok: true,
      slice: 1,
      forget: true,
      given: [
        ["", 10n * SOL],
        ["to A", 10n * SOL],
      ],
    });
    expect(book.ask({ to: "A", lamports: 6n * SOL }, 2 * HOUR - 100)).toEqual({
      ok: false,
      refusal: {
        limit: "perAddress",
        text: "limit reached; req: ◎6, to: A, current: ◎16, cap: ◎15",
        retryAfterSeconds: 100,
      },
    });
    expect(book.ask({ to: "A", lamports: 5n * SOL }, 2 * HOUR - 1)).toMatchObject({ ok: true, forget: false });
    expect(book.ask({ to: "A", lamports: 1n }, 2 * HOUR - 1).ok).toBe(false);
    expect(book.ask({ to: "A", lamports: 10n * SOL }, 2 * HOUR)).toMatchObject({ ok: true, slice: 2, forget: true });
  });

  it("an hour, all: new addresses are no way around it", () => {
    const book = new FaucetBook(LIMITS);
    for (const to of ["A", "B", "C"]) expect(book.ask({ to, lamports: 10n * SOL }, 0).ok).toBe(true);
    expect(book.ask({ to: "D", lamports: 1n }, 0)).toMatchObject({
      refusal: {
        limit: "inAll",
        text: "limit reached; req: ◎0.000000001, to: everybody, current: ◎30.000000001, cap: ◎30",
      },
    });
  });

  it("an hour, a client: new recipients are no way around it", () => {
    const book = new FaucetBook(LIMITS);
    expect(book.ask({ to: "A", client: "192.0.2.7", lamports: 10n * SOL }, 0).ok).toBe(true);
    expect(book.ask({ to: "B", client: "192.0.2.7", lamports: 6n * SOL }, 0)).toMatchObject({
      refusal: { limit: "perAddress", text: "limit reached; req: ◎6, to: 192.0.2.7, current: ◎16, cap: ◎15" },
    });
    expect(book.ask({ to: "B", client: "192.0.2.8", lamports: 6n * SOL }, 0).ok).toBe(true);
  });

  it("what was stored counts after a restart, and is forgotten when its hour is over", () => {
    const stored = new Map<string, bigint>();
    const first: object = new FaucetBook(LIMITS).ask({ to: "A", lamports: 9n * SOL }, 5 * HOUR);
    for (const [name, sum] of (first as { given: readonly Given[] }).given) stored.set(name, sum);
    const again = new FaucetBook(LIMITS, 5, stored);
    expect(again.ask({ to: "A", lamports: 7n * SOL }, 5 * HOUR + 1)).toMatchObject({ ok: false });
    expect(again.ask({ to: "A", lamports: 6n * SOL }, 5 * HOUR + 1)).toMatchObject({ ok: true, forget: false });
    expect(again.ask({ to: "A", lamports: 6n * SOL }, 6 * HOUR)).toMatchObject({ ok: true, forget: true });
    expect(again.size).toBe(2);
  });

  it("what could not be sent is given back, unless its hour is over", () => {
    const book = new FaucetBook(LIMITS);
    const request = { to: "A", client: "192.0.2.7", lamports: 10n * SOL };
    book.ask(request, 0);
    expect(book.giveBack(request, 0)).toEqual([
      ["", 0n],
      ["to A", 0n],
      ["by 192.0.2.7", 0n],
    ]);
    expect(book.ask(request, 0).ok).toBe(true);
    book.ask({ to: "B", lamports: 1n }, HOUR);
    expect(book.giveBack(request, 0)).toEqual([]);
    expect(book.giveBack(request, 1)).toEqual([]);
  });

  it("remembers a bounded number of recipients; beyond it the limit for all still holds", () => {
    const book = new FaucetBook({ perCall: null, perAddress: 1n, inAll: 100_000n, seconds: HOUR });
    for (let i = 1; i < MAX_REMEMBERED; i++) expect(book.ask({ to: `${i}`, lamports: 1n }, 0).ok).toBe(true);
    expect(book.size).toBe(MAX_REMEMBERED);
    expect(book.ask({ to: "7", lamports: 1n }, 0)).toMatchObject({ refusal: { limit: "perAddress" } });
    expect(book.ask({ to: "new", lamports: 100_001n - BigInt(MAX_REMEMBERED) }, 0).ok).toBe(true);
    expect(book.size).toBe(MAX_REMEMBERED);
    expect(book.ask({ to: "newer", lamports: 1n }, 0)).toMatchObject({ refusal: { limit: "inAll" } });
  });

  it("without limits nothing is refused, and nothing has to be remembered", () => {
    expect(callRefusal(NO_FAUCET_LIMITS, (1n << 64n) - 1n)).toBeNull();
    expect(hasMemory(NO_FAUCET_LIMITS)).toBe(false);
    expect(hasMemory(DEFAULT_FAUCET_LIMITS)).toBe(true);
    expect(new FaucetBook(NO_FAUCET_LIMITS).ask({ to: "A", lamports: 1n << 63n }, 0)).toMatchObject({ given: [] });
  });
});
