/** The accounts every instance shows by itself: sysvars and programs, against Agave's. */
import { getBase58Encoder } from "@solana/kit";
import { SlotHistory } from "litesvm/dist/internal.js";
import { beforeAll, describe, expect, it } from "vitest";
import { concatBytes } from "../../shared/protocol/bytes.ts";
import { encodeContext } from "../../shared/protocol/context.ts";
import { Conformance, keyAddress, keyBytes } from "./harness.ts";
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

function ours(key: string): AccountState {
  const input = concatBytes(encodeContext(c.context()), keyBytes(key));
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
  it("StakeHistory: empty, in its full size", () => {
    expect(hex(ours(sysvar("StakeHistory")).data)).toBe("00".repeat(16_392));
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
  // sBPF there, native here: the owner is the loader Agave shows, the data are a name instead of an ELF or its address.
  it.each([
    "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
    "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL",
    "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr",
    "Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo",
    "AddressLookupTab1e1111111111111111111111111",
  ])("%s has the loader and the flag of Agave's", (key) => {
    const mine = ours(key);
    const theirs = c.agave.account(keyBytes(key))!;
    expect(keyAddress(mine.owner)).toBe(keyAddress(theirs.owner));
    expect(mine.executable).toBe(true);
    expect(mine.lamports).toBe(1n);
  });
});
