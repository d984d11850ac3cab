/** Development methods under Surfpool's names, with its examples of requests where it gives them. */
import { type Address, address, getAddressDecoder, getBase64EncodedWireTransaction } from "@solana/kit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { upgradeableElf } from "../../infra/genesis/program-accounts.ts";
import { assemble } from "../../infra/sbpf/assemble.ts";
import { rpcCall } from "../../infra/start/rpc.ts";
import { encodeBase58 } from "../../shared/rpc/base58.ts";
import { startNetwork, type TestNetwork } from "../../testing/index.ts";
import { RecordedUpstream } from "../fork/recorded-upstream.ts";
import { balance, SOL, signed, transfer } from "./contract.ts";

const key = (fill: number) => new Uint8Array(32).fill(fill);
const at = (fill: number): Address => getAddressDecoder().decode(key(fill));
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const PROGRAM = at(50);
const elf = (result: number) => assemble(`entrypoint:\n  mov64 r0, ${result}\n  exit\n`);
const SYSTEM = address("11111111111111111111111111111111");
const IDL = {
  address: "4EXSeLGxVBpAZwq7vm6evLdewpcvE2H56fpqL2pPiLFa",
  metadata: { name: "test", version: "0.1.0", spec: "0.1.0", description: "Created with Anchor" },
  instructions: [{ name: "initialize", discriminator: [175, 175, 109, 31, 13, 152, 155, 237], accounts: [], args: [] }],
  accounts: [],
  types: [],
  events: [],
  errors: [],
  constants: [],
  state: null,
};

let net: TestNetwork;
let url: string;
// biome-ignore lint/suspicious/noExplicitAny: what a method answers is the test's business.
const call = <T = any>(method: string, ...params: unknown[]) => rpcCall<T>(url, method, params);
const invoke = async (program: Address) =>
  (await net.send(await signed(net, { programAddress: program, accounts: [], data: new Uint8Array(0) }))).err;

beforeAll(async () => {
  net = await startNetwork({
    shards: 2,
    programs: [{ address: PROGRAM, elf: elf(0), upgradeAuthority: at(9) }],
    accounts: [{ address: at(51), lamports: 3n * SOL, data: Uint8Array.of(1, 2) }],
  });
  url = await net.url;
});
afterAll(() => net?.close());

describe("programs", () => {
  it("are cloned with their code", async () => {
    expect((await call("surfnet_cloneProgramAccount", PROGRAM, at(60))).value).toBeNull();
    expect(await invoke(at(60))).toBeNull();
    await expect(call("surfnet_cloneProgramAccount", at(61), at(62))).rejects.toThrow(
      "is no program of the upgradeable loader",
    );
  });

  it("are written piece by piece, where there is one and where there is none", async () => {
    const bytes = elf(7);
    const half = bytes.length >> 1;
    await call("surfnet_writeProgram", at(63), hex(bytes.subarray(0, half)), 0);
    await call("surfnet_writeProgram", at(63), hex(bytes.subarray(half)), half, at(9));
    expect(await invoke(at(63))).toEqual({ InstructionError: [0, { Custom: 7 }] });
    await call("surfnet_writeProgram", at(60), hex(bytes), 0);
    expect(await invoke(at(60))).toEqual({ InstructionError: [0, { Custom: 7 }] });
    await expect(call("surfnet_writeProgram", at(63), "00", 10 << 20)).rejects.toThrow("at most 10485760");
    await expect(call("surfnet_writeProgram", at(63), "0", 0)).rejects.toThrow("Invalid hex data provided");
    await expect(call("surfnet_writeProgram", at(51), "00", 0)).rejects.toThrow("is no program");
  });

  it("get another authority, or none", async () => {
    const authority = async () => {
      const program = await call("getAccountInfo", PROGRAM, { encoding: "jsonParsed" });
      const data = await call("getAccountInfo", program.value.data.parsed.info.programData, { encoding: "jsonParsed" });
      return data.value.data.parsed.info.authority;
    };
    expect(await authority()).toBe(at(9));
    await call("surfnet_setProgramAuthority", PROGRAM, at(10));
    expect(await authority()).toBe(at(10));
    await call("surfnet_setProgramAuthority", PROGRAM);
    expect(await authority()).toBeNull();
    expect(await invoke(PROGRAM)).toBeNull();
  });
});

describe("IDLs", () => {
  it("are the ones of a slot, and go back with the chain", async () => {
    const before = await net.snapshot();
    expect((await call("surfnet_getActiveIdl", IDL.address)).value).toBeNull();
    await call("surfnet_registerIdl", IDL, 100);
    const second = { ...IDL, metadata: { ...IDL.metadata, version: "0.2.0" } };
    await call("surfnet_registerIdl", second, 200);
    expect((await call("surfnet_getActiveIdl", IDL.address, 150)).value).toEqual(IDL);
    expect((await call("surfnet_getActiveIdl", IDL.address, 200)).value).toEqual(second);
    expect((await call("surfnet_getActiveIdl", IDL.address, 99)).value).toBeNull();
    await net.revert(before);
    expect((await call("surfnet_getActiveIdl", IDL.address, 200)).value).toBeNull();
    await expect(call("surfnet_registerIdl", {})).rejects.toThrow("params[0].address");
  });
});

describe("profiles", () => {
  it("are found by id, signature and tag", async () => {
    const wire = getBase64EncodedWireTransaction(await transfer(net, at(70), SOL));
    const first = (await call("surfnet_profileTransaction", wire, "pay")).value;
    expect(first.key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(first.transactionProfile).toMatchObject({ computeUnitsConsumed: 150, errorMessage: null });
    await call("surfnet_profileTransaction", wire, "pay");
    expect((await call("surfnet_getTransactionProfile", first.key)).value).toEqual(first);
    const tagged = (await call("surfnet_getProfileResultsByTag", "pay", { depth: "transaction" })).value;
    expect(tagged.map(({ key }: { key: string }) => key)[0]).toBe(first.key);
    expect(tagged).toHaveLength(2);
    expect(tagged[0].instructionProfiles).toBeUndefined();
    expect((await call("surfnet_getProfileResultsByTag", "other")).value).toBeNull();

    const { signature } = await net.send(await transfer(net, at(71), SOL));
    const landed = (await call("surfnet_getTransactionProfile", signature)).value;
    expect(landed).toMatchObject({
      key: signature,
      transactionProfile: { computeUnitsConsumed: 150, errorMessage: null },
    });
    expect((await call("surfnet_getTransactionProfile", encodeBase58(new Uint8Array(64).fill(3)))).value).toBeNull();
    await expect(call("surfnet_getTransactionProfile", "x")).rejects.toThrow("neither a signature");
  });

  it("have the newest signatures first", async () => {
    const one = await net.send(await transfer(net, at(71), SOL));
    const two = await net.send(await transfer(net, at(71), 2n * SOL));
    const { value } = await call("surfnet_getLocalSignatures", 2);
    expect(value).toEqual([two, one].map(({ signature, logs }) => ({ signature, err: null, logs })));
    expect((await call("surfnet_getLocalSignatures", { limit: 1 })).value).toHaveLength(1);
    expect((await call("surfnet_getLocalSignatures", 0)).value).toEqual([]);
  });
});

describe("accounts", () => {
  it("become what the genesis had, alone and with what they own", async () => {
    await net.setAccount(at(51), { lamports: SOL, data: Uint8Array.of(9) });
    await net.setAccount(at(80), { lamports: SOL, owner: at(51), data: Uint8Array.of(1) });
    await call("surfnet_resetAccount", at(51), { includeOwnedAccounts: true });
    const { value } = await net.rpc.getAccountInfo(at(51), { encoding: "base64" }).send();
    expect(value).toMatchObject({ lamports: 3n * SOL, data: ["AQI=", "base64"], owner: SYSTEM });
    expect(await balance(net, at(80))).toBe(0n);
  });

  it("all become what the genesis had", async () => {
    const before = await net.snapshot();
    await net.fund(at(81), SOL);
    await net.setAccount(at(51), { lamports: 0n });
    await call("surfnet_resetNetwork");
    expect(await balance(net, at(81))).toBe(0n);
    expect(await balance(net, at(51))).toBe(3n * SOL);
    expect(await balance(net, at(70))).toBe(0n);
    expect(await balance(net, net.payer.address)).toBe(1_000_000n * SOL);
    expect(await invoke(PROGRAM)).toBeNull();
    await net.revert(before);
  });

  it("are written out as Surfpool does it", async () => {
    await net.setTokenAccount(at(82), "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v", { amount: 5n });
    const { value } = await call("surfnet_exportSnapshot");
    expect(value[at(51)]).toMatchObject({
      lamports: 3_000_000_000,
      owner: SYSTEM,
      executable: false,
      data: "AQI=",
      parsedData: null,
    });
    expect(value[PROGRAM]).toBeUndefined();
    expect(Object.keys(value)).toEqual(Object.keys(value).sort());
    const [, code] = upgradeableElf(key(50), elf(0), "test", null);
    const filter = { includeProgramAccounts: true, excludeAccounts: [at(51)] };
    const all = (await call("surfnet_exportSnapshot", { filter, includeParsedAccounts: true })).value;
    expect(all[at(51)]).toBeUndefined();
    expect(all[PROGRAM].parsedData.parsed.type).toBe("program");
    expect(Buffer.from(all[encodeBase58(code!.key)].data, "base64").length).toBe(code!.data.length);
    await expect(call("surfnet_exportSnapshot", { scope: { preTransaction: "x" } })).rejects.toThrow("is not kept");
  });

  it("have the supply that was set", async () => {
    const before = (await call("getSupply")).value;
    await call("surfnet_setSupply", {
      total: 1_000_000_000_000_000,
      non_circulating: 5,
      non_circulating_accounts: [at(1)],
    });
    expect((await call("getSupply")).value).toEqual({
      ...before,
      circulating: expect.any(Number),
      total: 1_000_000_000_000_000,
      nonCirculating: 5,
      nonCirculatingAccounts: [at(1)],
    });
    await expect(call("surfnet_setSupply", { totl: 1 })).rejects.toThrow("totl");
  });
});

describe("methods", () => {
  it("are switched off and on, all or some, and for good", async () => {
    const before = await net.snapshot();
    await call("surfnet_disableCheatcode", ["surfnet_setAccount"]);
    await expect(call("surfnet_setAccount", at(90), { lamports: 1 })).rejects.toThrow(
      "Cheatcode rpc method: surfnet_setAccount is currently disabled (-32600)",
    );
    await call("surfnet_enableCheatcode", ["surfnet_setAccount"]);
    await net.setAccount(at(90), { lamports: SOL });
    await call("surfnet_disableCheatcode", "all");
    await expect(call("surfnet_pauseClock")).rejects.toThrow("currently disabled");
    await call("surfnet_enableCheatcode", "all");
    for (const wanted of [["getBalance"], ["surfnet_enableCheatcode"], "none"]) {
      await expect(call("surfnet_disableCheatcode", wanted)).rejects.toThrow("-32602");
    }
    await call("surfnet_disableCheatcode", "all", { lockout: true });
    await expect(call("surfnet_enableCheatcode", "all")).rejects.toThrow("currently disabled");
    await net.revert(before);
    await net.setAccount(at(90), { lamports: SOL });
  });
});

describe("on a forked network", () => {
  it("an account is fetched again, or never", async () => {
    const wallet = (fill: number, lamports: bigint) => ({
      key: key(fill),
      owner: new Uint8Array(32),
      lamports,
      rentEpoch: 0n,
      executable: false,
      data: new Uint8Array(0),
    });
    await using upstream = await RecordedUpstream.open([wallet(1, SOL), wallet(2, SOL)]);
    await using forked = await startNetwork({ fork: upstream.url });
    const own = await forked.url;
    expect(await balance(forked, at(1))).toBe(SOL);
    upstream.put(wallet(1, 5n * SOL));
    await rpcCall(own, "surfnet_resetAccount", [at(1)]);
    expect(await balance(forked, at(1))).toBe(5n * SOL);
    upstream.accounts.delete(at(1));
    await rpcCall(own, "surfnet_resetAccount", [at(1)]);
    expect(await balance(forked, at(1))).toBe(0n);
    await rpcCall(own, "surfnet_offlineAccount", [at(2)]);
    expect(await balance(forked, at(2))).toBe(0n);
    expect(upstream.asked.flat()).not.toContain(at(2));
    await rpcCall(own, "surfnet_resetAccount", [at(2)]);
    expect(await balance(forked, at(2))).toBe(SOL);
  });
});
