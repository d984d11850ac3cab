/** The real ELFs that a genesis has: what is taken from litesvm, and how a network remembers what it began with. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { programDataAddress } from "../../../infra/genesis/program-accounts.ts";
import { beganWith, parseRealPrograms, withStandardPrograms } from "../../../infra/genesis/standard-programs.ts";
import {
  createNetworkFile,
  formatNetworkFile,
  networkVariable,
  parseNetworkFile,
} from "../../../infra/network/genesis.ts";
import { StateFolder } from "../../../infra/network/state.ts";
import { parseNetwork } from "../../../shared/protocol/network.ts";
import { realProgramNames } from "../../../shared/protocol/real-programs.ts";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import {
  ADDRESS_LOOKUP_TABLE_DATA,
  ADDRESS_LOOKUP_TABLE_PROGRAM,
  ASSOCIATED_TOKEN_PROGRAM,
  BPF_LOADER_2,
  BPF_LOADER_UPGRADEABLE,
  keyBytes,
  MEMO_V1_PROGRAM,
  MEMO_V3_PROGRAM,
  MEMO_V4_PROGRAM,
  STAKE_CONFIG,
  STAKE_PROGRAM,
  TOKEN_2022_PROGRAM,
  TOKEN_PROGRAM,
  TOKEN_PROGRAM_DATA,
} from "../../../shared/rpc/keys.ts";
import { type Account, decodeAccountList, encodeAccountList } from "../../../shared/state/accounts.ts";

const folder = mkdtempSync(join(tmpdir(), "infinisvm-programs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rent = (bytes: number): bigint => BigInt(128 + bytes) * 6_960n;
const ELF = "7f454c46";
async function accounts(listed?: Uint8Array): Promise<Map<string, Account>> {
  const list = decodeAccountList(await withStandardPrograms(listed))!;
  return new Map(list.map((account) => [encodeBase58(account.key), account]));
}
const wallet = (seed: number, lamports: bigint): Account => ({
  key: new Uint8Array(32).fill(seed),
  owner: new Uint8Array(32),
  lamports,
  rentEpoch: (1n << 64n) - 1n,
  executable: false,
  data: new Uint8Array(0),
});

describe("withStandardPrograms", () => {
  it("has the programs of the upgradeable loader with their programdata, and the stake configuration", async () => {
    const list = await accounts();
    const programs = [TOKEN_2022_PROGRAM, STAKE_PROGRAM, TOKEN_PROGRAM, ADDRESS_LOOKUP_TABLE_PROGRAM];
    const data = programs.map((id) => encodeBase58(programDataAddress(keyBytes(id))));
    const others = [ASSOCIATED_TOKEN_PROGRAM, MEMO_V1_PROGRAM, MEMO_V3_PROGRAM, MEMO_V4_PROGRAM];
    expect([...list.keys()].sort()).toEqual([...programs, ...data, ...others, STAKE_CONFIG].sort());
    expect(data.slice(2)).toEqual([TOKEN_PROGRAM_DATA, ADDRESS_LOOKUP_TABLE_DATA]);
    for (const [i, id] of programs.entries()) {
      const program = list.get(id)!;
      expect(encodeBase58(program.owner)).toBe(BPF_LOADER_UPGRADEABLE);
      expect([program.executable, program.lamports]).toEqual([true, rent(36)]);
      expect(Buffer.from(program.data).toString("hex")).toBe(
        `02000000${Buffer.from(keyBytes(data[i]!)).toString("hex")}`,
      );
      const programData = list.get(data[i]!)!;
      // Deployed in slot 0, of nobody.
      expect(Buffer.from(programData.data.slice(0, 13)).toString("hex")).toBe(`03000000${"00".repeat(9)}`);
      expect(Buffer.from(programData.data.slice(45, 49)).toString("hex")).toBe(ELF);
      expect(programData.lamports).toBe(rent(programData.data.length));
    }
    expect(list.get(STAKE_CONFIG)!.lamports).toBe(rent(17));
  });

  it("has the others as accounts of their old loaders", async () => {
    const list = await accounts();
    for (const id of [ASSOCIATED_TOKEN_PROGRAM, MEMO_V1_PROGRAM, MEMO_V3_PROGRAM, MEMO_V4_PROGRAM]) {
      expect(Buffer.from(list.get(id)!.data.slice(0, 4)).toString("hex")).toBe(ELF);
    }
    expect(list.get(MEMO_V4_PROGRAM)!.data).toEqual(list.get(MEMO_V3_PROGRAM)!.data);
    expect(encodeBase58(list.get(MEMO_V4_PROGRAM)!.owner)).toBe(BPF_LOADER_2);
  });

  it("lets an account that is listed take the place of a standard one, and is in the order of the keys", async () => {
    const mine = { ...wallet(1, 5n), key: keyBytes(TOKEN_2022_PROGRAM) };
    const listed = encodeAccountList([wallet(9, 7n), mine].sort((a, b) => a.key[0]! - b.key[0]!));
    const list = await accounts(listed);
    expect(list.get(TOKEN_2022_PROGRAM)!.lamports).toBe(5n);
    const keys = [...list.values()].map(({ key }) => Buffer.from(key).toString("hex"));
    expect(keys).toEqual([...keys].sort());
  });
});

describe("beganWith", () => {
  it("says whether a genesis had these accounts beside its programs", async () => {
    const listed = encodeAccountList([wallet(1, 5n), wallet(2, 6n)]);
    const stored = await withStandardPrograms(listed);
    expect(beganWith(stored, listed)).toBe(true);
    expect(beganWith(stored, encodeAccountList([wallet(1, 5n)]))).toBe(false);
    expect(beganWith(stored, encodeAccountList([wallet(1, 5n), wallet(2, 7n)]))).toBe(false);
    const bare = await withStandardPrograms();
    expect(beganWith(bare, listed)).toBe(false);
  });
});

describe("--real-programs", () => {
  it("takes names in any order, each once", () => {
    expect(parseRealPrograms("--real-programs", "memo,token,memo")).toBe(5);
    expect(realProgramNames(5)).toEqual(["token", "memo"]);
    expect(parseRealPrograms("--real-programs", "token,associated-token,memo,address-lookup-table")).toBe(15);
  });
  it.each(["", "tokens", "token,", "token, memo", "toString"])("refuses %j", (text) => {
    expect(() => parseRealPrograms("--real-programs", text)).toThrow(/--real-programs: ".*" is none of token, /);
  });
  it("is part of the genesis, of its hash and of the variable NETWORK", () => {
    const file = createNetworkFile(4, undefined, 9);
    expect(file.genesis.realPrograms).toEqual(["token", "address-lookup-table"]);
    expect(parseNetwork(networkVariable(file, 50)).realPrograms).toBe(9);
    expect(parseNetworkFile(formatNetworkFile(file))).toMatchObject({ ok: true, file: { genesis: file.genesis } });
    const changed = formatNetworkFile(file).replace('"token"', '"memo"');
    expect(parseNetworkFile(changed)).toEqual({ ok: false });
    expect(parseNetwork(networkVariable(createNetworkFile(4), 50)).realPrograms).toBeUndefined();
  });
});

describe("a state folder", () => {
  it("keeps the choice of programs and refuses another one", async () => {
    const take = () => StateFolder.take(join(folder, "state"));
    const first = await take();
    const made = await first.load({ realPrograms: 5 });
    expect([made.created, made.network.genesis.realPrograms]).toEqual([true, ["token", "memo"]]);
    first.release();
    const again = await take();
    expect((await again.load({})).accounts).toEqual(made.accounts);
    expect((await again.load({ realPrograms: 5 })).created).toBe(false);
    await expect(again.load({ realPrograms: 4 })).rejects.toThrow(
      /has real programs token,memo by its genesis, not memo \(leave --real-programs out, or start afresh/,
    );
    await expect(again.load({ realPrograms: 0 })).rejects.toThrow(/not none/);
    expect((await again.load({ realPrograms: 0, reset: true })).network.genesis.realPrograms).toBeUndefined();
    again.release();
  });
});
