/** `--keep` of `npm start`, and what it makes of the ledger. */
import { describe, expect, it } from "vitest";
import { describeKeep, parseKeep } from "../../../infra/start/keep.ts";
import { ledgerShape, MAX_GENERATION_BYTES, MAX_INDEX_BYTES } from "../../../shared/ledger/ledger-shape.ts";

describe("parseKeep", () => {
  it.each([
    ["all", {}, "everything is kept (--keep)"],
    ["100MB", { keepBytes: 100e6 }, "the newest 0.1 GB of blocks are kept, older ones go (--keep)"],
    ["20GB", { keepBytes: 20e9 }, "the newest 20 GB of blocks are kept, older ones go (--keep)"],
    ["2TB", { keepBytes: 2e12 }, "the newest 2000 GB of blocks are kept, older ones go (--keep)"],
    ["30d", { keepSeconds: 2_592_000 }, "the newest 30 days are kept, older ones go (--keep)"],
  ])("%s", (text, settings, line) => {
    expect(parseKeep(text)).toEqual(settings);
    expect(describeKeep(parseKeep(text))).toBe(line);
  });

  it.each(["", "0d", "99MB", "20", "20gb", "-1d", "1.5GB", "1GB ", "everything", "99999999TB"])(
    "refuses %j",
    (text) => {
      expect(() => parseKeep(text)).toThrow("--keep takes all, an amount");
    },
  );
});

it("generations are an eighth of what is kept, and never more than an object holds", () => {
  expect(ledgerShape({ keepBytes: 8e9 })).toMatchObject({
    generationBytes: 1e9,
    indexBytes: 1e9,
    keep: { bytes: 8e9 },
  });
  const all = { generationBytes: MAX_GENERATION_BYTES, indexBytes: MAX_INDEX_BYTES };
  expect(ledgerShape()).toMatchObject({ ...all, partitions: 1, keep: {} });
  expect(ledgerShape({ keepBytes: 1e15 })).toMatchObject(all);
});
