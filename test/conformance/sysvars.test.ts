/** The accounts every instance shows by itself: sysvars and programs, against Agave's. */
import { getBase58Encoder } from "@solana/kit";
import { SlotHistory, StakeHistory, StakeHistoryEntry } from "litesvm/dist/internal.js";
import { beforeAll, describe, expect, it } from "vitest";
import { ErrorCode } from "../../shared/errors/codes.ts";
import { concatBytes } from "../../shared/protocol/bytes.ts";
import { encodeContext, type SlotContextFields } from "../../shared/protocol/context.ts";
import { EMPTY_EPOCH, encodeEpochRecord } from "../../shared/stake/epoch-record.ts";
import { Conformance, keyBytes } from "./harness.ts";
import { type AccountState, decodeAccountList } from "./harness-result.ts";
import { u64 } from "./harness-system.ts";

const sysvar = (name: string): string => `Sysvar${name}`.padEnd(43, "1");
const RECENT_BLOCKHASHES = "SysvarRecentB1ockHashes11111111111111111111";
const OWNER = keyBytes("Sysvar1111111111111111111111111111111111111");

let c: Conformance;
beforeAll(async () => {
  c = await Conformance.create();
  c.advance(600);
});

function ours(key: string, more: Partial<SlotContextFields> = {}): AccountState {
  const input = concatBytes(encodeContext({ ...c.context(), ...more }), keyBytes(key));
  expect(c.ours.wasm.call("engineWellKnown", input)).toBe(0);
  return decodeAccountList(c.ours.wasm.out())[0]!.account;
}
const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? new Uint8Array(0)).toString("hex");

describe("sysvars", () => {
  it.each(["C1ock", "Rent", "EpochSchedu1e", "EpochRewards", "LastRestartS1ot", "S1otHashes"])(
    "%s, as Agave's",
    (name) => {
      const mine = ours(sysvar(name));
      expect(hex(mine.data)).toBe(hex(c.agave.account(keyBytes(sysvar(name)))?.data));
      expect(mine.owner).toEqual(OWNER);
      // litesvm gives them 1 lamport; Agave's banks the rent-exempt minimum.
      expect(mine.lamports).toBe((128n + BigInt(mine.data.length)) * 6960n);
      expect(mine.executable).toBe(false);
    },
  );
  it("RecentBlockhashes: 150 entries, newest first, each with the fee of a signature", () => {
    const entries = Array.from({ length: 150 }, (_, age) => [
      ...getBase58Encoder().encode(c.latestBlockhash(age)),
      ...u64(5_000n),
    ]);
    expect(hex(ours(RECENT_BLOCKHASHES).data)).toBe(hex(Uint8Array.from([...u64(150n), ...entries.flat()])));
  });
  it("RecentBlockhashes of a young chain keeps its size", async () => {
    const young = await Conformance.create();
    const input = concatBytes(encodeContext(young.context()), keyBytes(RECENT_BLOCKHASHES));
    young.ours.wasm.call("engineWellKnown", input);
    const { data } = decodeAccountList(young.ours.wasm.out())[0]!.account;
    const theirs = young.agave.account(keyBytes(RECENT_BLOCKHASHES))!.data; // its newest only
    expect(data.length).toBe(6_008);
    expect(hex(data.slice(8, 40))).toBe(hex(theirs.slice(8, 40)));
    expect(hex(data.slice(8 + 40 * 3))).toBe("00".repeat(6_008 - 128));
  });
  it("SlotHistory: every slot before this one", () => {
    const history = SlotHistory.default();
    for (let slot = 0n; slot < BigInt(c.currentSlot()); slot += 1n) history.add(slot);
    c.agave.svm.setSlotHistory(history);
    expect(hex(ours(sysvar("S1otHistory")).data)).toBe(hex(c.agave.account(keyBytes(sysvar("S1otHistory")))?.data));
  });
  it("SlotHistory: where slots were skipped, what has been before them, and no slot after the parent", () => {
    const skipped = Array.from({ length: 4 }, () => new Uint8Array(32));
    const { slot, hashes } = c.context();
    const more = { slot: slot + 4, hashes: [...skipped, ...hashes] };
    const history = SlotHistory.default();
    for (let one = 0n; one < BigInt(slot); one += 1n) history.add(one);
    c.agave.svm.setSlotHistory(history);
    const theirs = () => hex(c.agave.account(keyBytes(sysvar("S1otHistory")))?.data);
    expect(hex(ours(sysvar("S1otHistory"), more).data)).toBe(theirs());
    // After the block of that slot it is there, and those between are not.
    history.add(BigInt(slot + 4));
    c.agave.svm.setSlotHistory(history);
    const purpose = "ended" as const;
    expect(hex(ours(sysvar("S1otHistory"), { ...more, purpose }).data)).toBe(theirs());
  });
  it("StakeHistory: in its full size, with zeros behind its entries", () => {
    expect(hex(ours(sysvar("StakeHistory")).data)).toBe("00".repeat(16_392));
    const amounts = { effective: 7n, activating: 8n, deactivating: 9n };
    const record = encodeEpochRecord({ ...EMPTY_EPOCH, epoch: 2, history: [amounts, amounts] });
    c.setStakes(record);
    expect(hex(ours(sysvar("StakeHistory")).data)).toBe(hex(c.agave.account(keyBytes(sysvar("StakeHistory")))?.data));
    const history = new StakeHistory();
    const entry = new StakeHistoryEntry(7n, 8n, 9n);
    history.add(0n, entry);
    history.add(1n, entry);
    c.agave.svm.setStakeHistory(history);
    const serialized = c.agave.account(keyBytes(sysvar("StakeHistory")))!.data;
    expect(hex(ours(sysvar("StakeHistory")).data).startsWith(hex(serialized))).toBe(true);
    c.setStakes(new Uint8Array(0));
    expect(hex(ours(sysvar("StakeHistory")).data)).toBe("00".repeat(16_392));
  });
  it("Clock: of the slot, of the one before in a simulation, of its end after it", () => {
    const { slot } = c.context();
    const clock = (more: Partial<SlotContextFields>): bigint[] => {
      const { data } = ours(sysvar("C1ock"), more);
      const view = new DataView(data.buffer, data.byteOffset);
      return [0, 16, 24].map((at) => view.getBigUint64(at, true));
    };
    expect(clock({})).toEqual([BigInt(slot), 0n, 1n]);
    expect(clock({ purpose: "ended" })).toEqual([BigInt(slot), 0n, 1n]);
    expect(clock({ purpose: "simulation" })).toEqual([BigInt(slot - 1), 0n, 1n]);
    // The first slot of an epoch, as the one after the last of the epoch before sees it.
    const first = { slot: 432_000 };
    expect(clock(first)).toEqual([432_000n, 1n, 2n]);
    expect(clock({ ...first, purpose: "simulation" })).toEqual([431_999n, 0n, 1n]);
  });
  it("an epoch record that is not there, or is none", () => {
    const input = concatBytes(encodeContext({ ...c.context(), epochHash: OWNER }), OWNER);
    expect(c.ours.wasm.call("engineWellKnown", input)).toBe(-ErrorCode.ENGINE_EPOCH_MISSING);
    const record = encodeEpochRecord({
      ...EMPTY_EPOCH,
      epoch: 1,
      history: [{ effective: 0n, activating: 0n, deactivating: 0n }],
    });
    const wasm = c.ours.wasm;
    expect(wasm.call("engineEpoch", record)).toBe(0);
    for (const bad of [record.subarray(1), record.subarray(0, 63), concatBytes(record, OWNER), new Uint8Array(32)]) {
      expect(wasm.call("engineEpoch", bad)).toBe(-ErrorCode.ENGINE_MALFORMED);
    }
    const voters = [OWNER, OWNER].map((key) => ({ key, stake: 1n }));
    const twice = encodeEpochRecord({ ...EMPTY_EPOCH, totalStake: 2n, voters });
    expect(wasm.call("engineEpoch", twice)).toBe(-ErrorCode.ENGINE_MALFORMED);
  });
  it("Instructions exists only inside a transaction", () => {
    expect(ours("Sysvar1nstructions1111111111111111111111111").lamports).toBe(0n);
  });
});

describe("programs", () => {
  it.each([
    "11111111111111111111111111111111",
    "ComputeBudget111111111111111111111111111111",
    "BPFLoader1111111111111111111111111111111111",
    "BPFLoader2111111111111111111111111111111111",
    "BPFLoaderUpgradeab1e11111111111111111111111",
  ])("%s, as Agave's", (key) => {
    const { lamports, owner, data, executable } = ours(key);
    const theirs = c.agave.account(keyBytes(key))!;
    expect([lamports, hex(owner), hex(data), executable]).toEqual([
      theirs.lamports,
      hex(theirs.owner),
      hex(theirs.data),
      theirs.executable,
    ]);
  });
  // Accounts of a shard like any other, of which instances carry copies.
  it.each([
    "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
    "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL",
    "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr",
    "Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo",
    "AddressLookupTab1e1111111111111111111111111",
  ])("%s is none of them", (key) => {
    expect(ours(key).lamports).toBe(0n);
  });
});
