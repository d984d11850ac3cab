import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { bodyOf } from "../../../workers/edge/long-answer.ts";

const LONG = "ab😀é".repeat(100_000);

describe("bodyOf", () => {
  it("a short answer leaves at once", () => {
    const ended = vi.fn();
    expect(bodyOf("short", ended)).toBe("short");
    expect(ended).toHaveBeenCalledTimes(1);
  });

  it("a long one is whole, wherever its pieces end", async () => {
    for (const text of [LONG, `x${LONG}`, `xx${LONG}`, `xxx${LONG}`]) {
      const ended = vi.fn();
      expect(await new Response(bodyOf(text, ended)).text()).toBe(text);
      expect(ended).toHaveBeenCalledTimes(1);
    }
  });

  it("is made as it is read", async () => {
    const ended = vi.fn();
    const reader = (bodyOf(LONG, ended) as ReadableStream<Uint8Array>).getReader();
    expect((await reader.read()).value!.length).toBeLessThan(LONG.length / 2);
    expect(ended).not.toHaveBeenCalled();
    await reader.cancel();
    expect(ended).toHaveBeenCalledTimes(1);
  });
});

describe("a client that does not read", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("loses its answer after a while", async () => {
    const ended = vi.fn();
    const reader = (bodyOf(LONG, ended) as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    await vi.advanceTimersByTimeAsync(29_999);
    expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(2);
    expect(ended).toHaveBeenCalledTimes(1);
    // What was ready is dropped with the rest.
    await expect(reader.read()).rejects.toThrow("does not read");
  });
});
