// Implicit keys: the programdata that the planner adds to the accounts a transaction names.
import { describe, expect, it } from "vitest";
import { encodeContext } from "../../../shared/protocol/context.ts";
import { decodeRecord, frameRecords, makeFrame, REC } from "../../../shared/protocol/record.ts";
import { decodeBase58 } from "../../../shared/rpc/base58.ts";
import { keyBytes, TOKEN_PROGRAM, TOKEN_PROGRAM_DATA } from "../../../shared/rpc/keys.ts";
import { Planner, Verdict } from "../../../shared/scheduling/planner.ts";
import { decodeProposal } from "../../../shared/scheduling/proposal.ts";
import { wasmModule } from "../../wasm-module.ts";
import { instance, key, signature, wire } from "../transaction/wire.ts";
import { programdataOf, withImplicit } from "./programdata.ts";

const SYSTEM = new Uint8Array(32);
const LOADER = decodeBase58("BPFLoaderUpgradeab1e11111111111111111111111")!;
const COMPLETE = 4;
const parser = instance();
const hashOf = (slot: number): Uint8Array => new Uint8Array(32).fill(0xaa).fill(slot, 8, 9);
const contextOf = (slot: number): Uint8Array =>
  encodeContext({
    slot,
    view: 0,
    unixTimestamp: 1_700_000_000,
    epochStartTimestamp: 0,
    hashes: Array.from({ length: Math.min(slot, 200) }, (_, i) => hashOf(slot - 1 - i)),
  });

function planner(shardCount = 1): Planner {
  const p = new Planner(wasmModule(), { shardCount, seed0: 1n, seed1: 2n });
  p.setContext(contextOf(200));
  return p;
}

interface Spec {
  readonly payer?: number;
  readonly writes?: readonly Uint8Array[];
  readonly reads?: readonly Uint8Array[];
  readonly programs?: readonly Uint8Array[];
  readonly slot?: number;
}
let serial = 0;
function make({ payer = 1, writes = [], reads = [], programs = [], slot = 199 }: Spec): Uint8Array {
  const keys = [key(payer), ...writes, ...reads, ...programs];
  const first = keys.length - programs.length;
  const data = Uint8Array.of(serial & 255, serial++ >> 8);
  const code = parser.call(
    "txParse",
    wire({
      signatures: [signature(serial)],
      version: "legacy",
      header: [1, 0, reads.length + programs.length],
      keys,
      blockhash: hashOf(slot),
      instructions: programs.map((_, i) => ({ program: first + i, accounts: [0], data })),
      lookups: [],
    }),
  );
  if (code !== 0) throw new Error(`refused: ${code}`);
  return parser.out();
}
const cut = (p: Planner): Uint8Array[] => frameRecords(p.cut().frame);

describe("a transaction that waits", () => {
  it("has the programdata of each of its programs once, and none of those that are native", () => {
    const p = planner();
    const record = make({ programs: [key(900), SYSTEM, key(901)] });
    const twice = make({ programs: [key(900), LOADER] });
    p.admitFrame(makeFrame([record, twice]));
    expect(cut(p)).toEqual([
      withImplicit(record, [programdataOf(key(900)), programdataOf(key(901))]),
      withImplicit(twice, [programdataOf(key(900))]),
    ]);
  });

  it("has none that it names itself", () => {
    const p = planner();
    const record = make({ writes: [programdataOf(key(900))], programs: [key(900)] });
    p.admitFrame(makeFrame([record]));
    expect(cut(p)).toEqual([record]);
  });

  it("has that of a noted program among its accounts, as long as nothing has displaced it", () => {
    const p = planner();
    const before = make({ reads: [key(900)] });
    p.admitFrame(makeFrame([before]));
    p.noteProgram(Uint8Array.from([...key(900), ...key(901)]));
    const after = make({ reads: [key(900), key(7)], programs: [SYSTEM] });
    p.admitFrame(makeFrame([after]));
    expect(cut(p)).toEqual([before, withImplicit(after, [programdataOf(key(900))])]);
  });

  it("has those of four programs that are new here, and any number of known ones", () => {
    const p = planner();
    const programs = Array.from({ length: 7 }, (_, i) => key(900 + i));
    const first = make({ programs });
    const second = make({ programs });
    p.admitFrame(makeFrame([first, second]));
    expect(cut(p).map((record) => record[REC.NUM_IMPLICIT])).toEqual([4, 7]);
  });

  it("reads its programdata: whoever writes it is in the same group, on one shard", () => {
    const p = planner(8);
    const upgrade = make({ payer: 1, writes: [programdataOf(key(900))] });
    const call = make({ payer: 2, programs: [key(900)] });
    const stranger = make({ payer: 3, programs: [key(901)] });
    p.admitFrame(makeFrame([upgrade, call, stranger]));
    const plan = p.cut();
    expect(plan.numGroups).toBe(2);
    const places = plan.shards.map(({ proposal }) => decodeProposal(proposal).records.map((r) => r.blockIndex));
    expect(places.filter((of) => of.includes(0))).toEqual(places.filter((of) => of.includes(1)));
  });

  it("has its programdata lent to where it runs, read-only", () => {
    const p = planner(64);
    const record = make({ programs: [key(900)] });
    p.admitFrame(makeFrame([record]));
    const proposals = p.cut().shards.map(({ proposal }) => decodeProposal(proposal));
    const home = proposals.find(({ records }) => records.length > 0)!;
    const wanted = [key(900), programdataOf(key(900))].map((k) => Buffer.from(k).toString("hex"));
    const borrowed = home.borrows.filter(({ writable }) => !writable).map((b) => Buffer.from(b.key).toString("hex"));
    expect(borrowed.sort()).toEqual(wanted.sort());
  });
});

describe("a carried program", () => {
  const token = keyBytes(TOKEN_PROGRAM);
  const data = keyBytes(TOKEN_PROGRAM_DATA);
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
  const leases = (record: Uint8Array): string[] => {
    const p = planner(64);
    p.admitFrame(makeFrame([record]));
    const proposals = p.cut().shards.map(({ proposal }) => decodeProposal(proposal));
    const home = proposals.find(({ records }) => records.length > 0)!;
    return home.borrows.map((b) => `${hex(b.key)} ${b.writable ? "w" : "r"}`).sort();
  };
  it("is not lent to who calls or reads it, nor is its programdata", () => {
    expect(leases(make({ programs: [token] }))).toEqual([]);
    expect(leases(make({ reads: [token, data] }))).toEqual([]);
  });
  it("is lent to who asks for a write lock", () => {
    // Or the payer is lent to where the program is, which weighs as much.
    const either = (written: Uint8Array) => [`${hex(written)} w`, `${hex(key(1))} w`];
    for (const [written, read] of [
      [token, data],
      [data, token],
    ] as const) {
      const lent = leases(make({ writes: [written], reads: [read] }));
      expect(lent).toHaveLength(1);
      expect(either(written)).toContain(lent[0]);
    }
  });
  it("ties who writes it, and nobody who only reads it", () => {
    const p = planner(8);
    const records = [1, 2, 3, 4].map((payer) =>
      make(payer < 3 ? { payer, writes: [token] } : { payer, programs: [token] }),
    );
    p.admitFrame(makeFrame(records));
    expect(p.cut().numGroups).toBe(3);
  });
});

describe("frames of lanes", () => {
  it("have no implicit keys, and no transaction that says that it has all", () => {
    const record = make({ programs: [key(900)] });
    const p = planner();
    const bad = [withImplicit(record, [programdataOf(key(900))]), withImplicit(record, [], COMPLETE)];
    expect([...p.admitFrame(makeFrame(bad))!]).toEqual([Verdict.MALFORMED, Verdict.MALFORMED]);
    expect(parser.call("txVerifyFrame", makeFrame(bad))).toBe(0);
    expect([...parser.out().subarray(4, 6)]).toEqual([0, 0]);
  });

  it("are malformed with more implicit keys than there can be, or fewer than they count", () => {
    const p = planner();
    const record = make({});
    const many = withImplicit(record, Array<Uint8Array>(65).fill(key(5)));
    const cutOff = withImplicit(record, [key(5)]);
    cutOff[REC.NUM_IMPLICIT] = 2;
    for (const bad of [many, cutOff]) expect(p.admitFrame(makeFrame([bad]))).toEqual(new Uint8Array(0));
  });
});

describe("what execution has put off", () => {
  it("waits again although it is known, with the programdata of all it names, and is still known to lanes", () => {
    const p = planner();
    const record = make({ reads: [key(900), SYSTEM], programs: [key(901)] });
    p.admitFrame(makeFrame([record]));
    const [put] = cut(p);
    expect(p.readmit(makeFrame([put!]))).toBe(true);
    expect([...p.admitFrame(makeFrame([record]))!]).toEqual([Verdict.DUPLICATE]);
    const all = [key(1), key(900), key(901)].map(programdataOf);
    const [again] = cut(p);
    expect(again).toEqual(withImplicit(record, all, COMPLETE));
    expect(decodeRecord(again!).implicitKeys).toEqual(all);
    expect(p.waiting()).toBe(0);
  });

  it("keeps a copy of it from waiting too", () => {
    const p = planner();
    const record = make({ reads: [key(900)] });
    expect(p.readmit(makeFrame([record]))).toBe(true);
    expect([...p.admitFrame(makeFrame([record]))!]).toEqual([Verdict.DUPLICATE]);
    expect(p.waiting()).toBe(1);
  });

  it("is dropped when its blockhash has become too old", () => {
    const p = planner();
    const record = make({ reads: [key(900)], slot: 20 });
    expect(p.readmit(makeFrame([record]))).toBe(true);
    expect([p.waiting(), p.admitted(), p.oldestWaiting()]).toEqual([0, 1, 1]);
  });

  it("is refused as a whole where the pool has no room", () => {
    const p = planner();
    const record = make({ payer: 1 });
    const copies = Array.from({ length: 4_096 }, (_, i) => {
      const copy = record.slice();
      new DataView(copy.buffer).setUint32(64 + 65 + 4 + 4, 10_000 + i);
      return copy;
    });
    for (let at = 0; at < 65_536; at += 4_096) {
      for (const copy of copies) new DataView(copy.buffer).setUint32(64 + 65 + 4 + 8, at);
      expect(p.admit(makeFrame(copies))).toBe(true);
    }
    expect(p.readmit(makeFrame([make({ payer: 2 })]))).toBe(false);
    expect(p.waiting()).toBe(65_536);
    p.cut();
    expect(p.readmit(makeFrame([make({ payer: 2 })]))).toBe(true);
  });
});
