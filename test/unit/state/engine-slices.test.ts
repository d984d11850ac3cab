// A slot executed in slices is the slot executed at once, and shows in no answer before it is committed.
import { describe, expect, it } from "vitest";
import { concatBytes } from "../../../shared/protocol/bytes.ts";
import { encodeAccountList, encodeScanRequest } from "../../../shared/state/accounts.ts";
import { engineOf, hex, keyOf, proposalOf, RENT_EXEMPT, SYSTEM, transferRecord, wallet } from "./chain.ts";

const KEYS = Array.from({ length: 12 }, (_, i) => keyOf(`slices ${i}`));
const NEW = keyOf("slices new");
const everything = concatBytes(...KEYS, NEW);
const genesis = encodeAccountList(KEYS.map((key) => wallet(key, 50_000_000n)));

/** 40 transfers: to an account that is new, some that fail, one that empties its payer. */
const records = Array.from({ length: 40 }, (_, i) => {
  const from = KEYS[i % 11]!;
  const to = i === 7 ? NEW : KEYS[(i * 5 + 3) % 11]!;
  const instruction = i % 9 === 4 ? 99 : 2;
  return { blockIndex: i, record: transferRecord({ from, to, lamports: RENT_EXEMPT + BigInt(i), instruction }) };
});
records.push({
  blockIndex: 40,
  record: transferRecord({ from: KEYS[11]!, to: KEYS[0]!, lamports: 50_000_000n - 5_000n }),
});
const proposal = proposalOf({ slot: 1, shard: 0, prevSlot: 0, records });

function begun() {
  const engine = engineOf();
  engine.load(genesis, 0);
  expect(engine.begin(proposal)).toBe(0);
  return engine;
}

function whole() {
  const engine = begun();
  expect(engine.execute()).toBe(0);
  const row = hex(engine.commit());
  return { row, outcome: engine.outcomeAt(1)!, after: hex(engine.read(everything, 1)) };
}

describe("a slot in slices", () => {
  it.each([1, 999, 1_001, 5_000, 40_000, 4_000_000_000])("of %i units is what it is at once", (units) => {
    const right = whole();
    const engine = begun();
    const before = hex(engine.read(everything, 0));
    const scan = () => hex(engine.scan(encodeScanRequest(SYSTEM, { memcmp: [] }), 0)!);
    const found = scan();
    let slices = 1;
    for (; engine.executeSome(units) === 1; slices++) {
      expect([hex(engine.read(everything, 0)), scan(), engine.applied()]).toEqual([before, found, 0]);
      expect(() => engine.commit()).toThrow("ENGINE_NOT_EXECUTED");
    }
    // A transfer counts as a thousand units and its own 150.
    if (units === 1) expect(slices).toBe(41);
    if (units > 1_000_000) expect(slices).toBe(1);
    expect(engine.executeSome(units)).toBe(0);
    expect(hex(engine.commit())).toBe(right.row);
    expect(engine.outcomeAt(1)).toEqual(right.outcome);
    expect([hex(engine.read(everything, 0)), hex(engine.read(everything, 1))]).toEqual([before, right.after]);
  });

  it("that is given up in the middle leaves nothing, and can begin again", () => {
    const right = whole();
    const engine = begun();
    const before = hex(engine.read(everything, 0));
    for (let n = 0; n < 20; n++) expect(engine.executeSome(1)).toBe(1);
    engine.abort();
    expect(hex(engine.read(everything, 0))).toBe(before);
    expect(engine.begin(proposal)).toBe(0);
    while (engine.executeSome(3_000) === 1);
    expect(hex(engine.commit())).toBe(right.row);
  });
});
