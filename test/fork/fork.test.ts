/** A network in this process, forked from a recorded cluster. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AccountRole,
  type Address,
  address,
  appendTransactionMessageInstruction,
  compressTransactionMessageUsingAddressLookupTables,
  createKeyPairSignerFromPrivateKeyBytes,
  createTransactionMessage,
  getAddressDecoder,
  getBase64EncodedWireTransaction,
  pipe,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
} from "@solana/kit";
import { afterEach, describe, expect, it } from "vitest";
import { upgradeableElf } from "../../infra/genesis/program-accounts.ts";
import { mintData } from "../../infra/network/dev-mints.ts";
import { assemble } from "../../infra/sbpf/assemble.ts";
import { ByteWriter } from "../../shared/protocol/bytes.ts";
import {
  ADDRESS_LOOKUP_TABLE_PROGRAM,
  DEV_NETWORK_PROGRAM,
  FEATURE_PROGRAM,
  keyBytes,
  STAKE_CONFIG,
  SYSVAR_CLOCK,
  TOKEN_PROGRAM,
} from "../../shared/rpc/keys.ts";
import type { Account } from "../../shared/state/accounts.ts";
import { rentExemptLamports } from "../../shared/svm/rent.ts";
import { startNetwork, type TestNetwork, type TestNetworkOptions } from "../../testing/index.ts";
import { derive } from "../../testing/isolate/random.ts";
import { balance, SOL, signed, transfer } from "../testing/contract.ts";
import { RecordedUpstream, UPSTREAM_GENESIS } from "./recorded-upstream.ts";

const U64_MAX = 0xffff_ffff_ffff_ffffn;
const key = (fill: number) => new Uint8Array(32).fill(fill);
const at = (fill: number): Address => getAddressDecoder().decode(key(fill));
const USDC = address("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v");
const TOKEN = keyBytes(TOKEN_PROGRAM);

const wallet = (fill: number, lamports: bigint): Account => ({
  key: key(fill),
  owner: new Uint8Array(32),
  lamports,
  rentEpoch: U64_MAX,
  executable: false,
  data: new Uint8Array(0),
});
const holding = (account: Partial<Account> & Pick<Account, "key" | "data">): Account => ({
  owner: TOKEN,
  lamports: rentExemptLamports(account.data.length),
  rentEpoch: U64_MAX,
  executable: false,
  ...account,
});
const usdc = holding({
  key: keyBytes(USDC),
  data: mintData({
    address: USDC,
    supply: 77n,
    decimals: 6,
    mintAuthority: at(9),
    freezeAuthority: at(9),
  }),
});
const tokens = (fill: number, owner: number, amount: bigint): Account =>
  holding({
    key: key(fill),
    data: new ByteWriter()
      .raw(keyBytes(USDC))
      .raw(key(owner))
      .u64(amount)
      .raw(new Uint8Array(36))
      .u8(1)
      .raw(new Uint8Array(56))
      .bytes(),
  });
/** Of a program that ends with `result`; deployed in a slot after all of this chain's. */
function program(fill: number, result: number): Account[] {
  const elf = assemble(`entrypoint:\n  mov64 r0, ${result}\n  exit\n`);
  const [account, code] = upgradeableElf(key(fill), elf, "test", key(9)) as [Account, Account];
  const data = code.data.slice();
  new DataView(data.buffer).setBigUint64(4, 999_999_999n, true);
  return [account, { ...code, data }];
}

/** Extended in a slot after all of this chain's, as upstream's would be. */
function lookupTable(addresses: readonly Address[]): Uint8Array {
  const writer = new ByteWriter().u32(1).u64(U64_MAX).u64(900_000_000n).u8(0).u8(0).raw(new Uint8Array(34));
  for (const one of addresses) writer.raw(keyBytes(one));
  return writer.bytes();
}

let folders: string[] = [];
function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "infinisvm-fork-"));
  folders.push(made);
  return made;
}
afterEach(() => {
  for (const one of folders) rmSync(one, { recursive: true, force: true });
  folders = [];
});

async function forked(fork: TestNetworkOptions["fork"], options: TestNetworkOptions = {}) {
  const lines: string[] = [];
  const net = await startNetwork({ ...options, ...(fork && { fork }), log: (line) => lines.push(line) });
  return { net, lines };
}

const invoke = (net: TestNetwork, programAddress: Address, accounts: Address[] = []) =>
  signed(net, { programAddress, accounts: accounts.map((address) => ({ address, role: 0 })), data: new Uint8Array(0) });
const hashOf = async (net: TestNetwork) => (await net.rpc.getLatestBlockhash().send()).value.blockhash;

describe("a forked network", () => {
  it("fetches what it does not have once, and begins where upstream is", async () => {
    await using upstream = await RecordedUpstream.open([wallet(1, 5n * SOL), usdc, tokens(2, 1, 1_500_000n)]);
    const { net, lines } = await forked(upstream.url);
    await using _ = net;
    expect(await net.rpc.getSlot().send()).toBeGreaterThanOrEqual(250_000_000n);
    const { epoch } = await net.rpc.getEpochInfo().send();
    expect(epoch).toBe(578n);
    const slot = await net.rpc.getSlot().send();
    expect(Number(await net.rpc.getBlockTime(slot).send())).toBeGreaterThanOrEqual(1_780_000_000);

    expect(await balance(net, at(1))).toBe(5n * SOL);
    expect(await balance(net, at(1))).toBe(5n * SOL);
    expect(await balance(net, at(3))).toBe(0n);
    expect(await balance(net, at(3))).toBe(0n);
    expect(upstream.asked).toEqual([[at(1)], [at(3)]]);

    // The mint comes with the second look.
    const { value } = await net.rpc.getTokenAccountBalance(at(2)).send();
    expect(value).toEqual({ amount: "1500000", decimals: 6, uiAmount: 1.5, uiAmountString: "1.5" });
    const shown = await net.rpc.getAccountInfo(at(2), { encoding: "jsonParsed" }).send();
    expect(shown.value!.owner).toBe(TOKEN_PROGRAM);
    expect(upstream.asked.slice(2)).toEqual([[at(2)], [USDC]]);
    expect(lines).toEqual([]);
  });

  it("runs programs of upstream, and asks for many accounts at once", async () => {
    await using upstream = await RecordedUpstream.open([...program(4, 0), ...program(5, 7), wallet(1, SOL)]);
    const { net } = await forked(upstream.url, { shards: 2 });
    await using _ = net;
    const outcome = await net.send(await invoke(net, at(4), [at(1), at(6)]));
    expect(outcome.err).toBeNull();
    // What the transaction names together, then the code of the program; payer and System program are here.
    expect(upstream.asked.map((some) => some.length)).toEqual([3, 1]);
    expect((await net.send(await invoke(net, at(5)))).err).toEqual({ InstructionError: [0, { Custom: 7 }] });
    const wire = getBase64EncodedWireTransaction(await invoke(net, at(4)));
    const simulated = await net.rpc.simulateTransaction(wire, { encoding: "base64" }).send();
    expect(simulated.value.err).toBeNull();
  });

  it("adds to what a wallet has upstream, by transfer and from the faucet", async () => {
    await using upstream = await RecordedUpstream.open([wallet(1, 5n * SOL), wallet(2, SOL)]);
    const { net } = await forked(upstream.url);
    await using _ = net;
    await net.send(await transfer(net, at(1), SOL));
    expect(await balance(net, at(1))).toBe(6n * SOL);
    await net.fund(at(2), SOL);
    expect(await balance(net, at(2))).toBe(2n * SOL);
    await net.setAccount(at(2), { data: Uint8Array.of(1) });
    expect(await balance(net, at(2))).toBe(2n * SOL);
  });

  it("lists token accounts of upstream and its own", async () => {
    await using upstream = await RecordedUpstream.open([usdc, tokens(2, 1, 5n), tokens(3, 1, 6n)]);
    upstream.tokenAccounts.set(at(1), [at(2), at(3)]);
    const { net } = await forked(upstream.url);
    await using _ = net;
    await net.setTokenAccount(at(1), USDC, { amount: 7n });
    const list = async () =>
      (await net.rpc.getTokenAccountsByOwner(at(1), { mint: USDC }, { encoding: "jsonParsed" }).send()).value.map(
        ({ account }) => account.data.parsed.info.tokenAmount.amount,
      );
    expect((await list()).sort()).toEqual(["5", "6", "7"]);
    const before = upstream.calls.length;
    await list();
    expect(upstream.calls.length).toBe(before);
  });

  it("never takes what the chain itself makes, and prefers its own", async () => {
    const feature = { ...wallet(7, SOL), owner: keyBytes(FEATURE_PROGRAM), data: new Uint8Array(9) };
    const clock = { ...wallet(0, SOL), key: keyBytes(SYSVAR_CLOCK), data: new Uint8Array(40).fill(3) };
    const config = { ...wallet(0, SOL), key: keyBytes(STAKE_CONFIG) };
    await using upstream = await RecordedUpstream.open([feature, clock, config, ...program(4, 7)]);
    const own = { address: at(4), elf: assemble("entrypoint:\n  mov64 r0, 0\n  exit\n") };
    const { net } = await forked(upstream.url, { programs: [own] });
    await using _ = net;
    expect((await net.send(await invoke(net, at(4)))).err).toBeNull();
    expect(await balance(net, at(7))).toBe(0n);
    const { value } = await net.rpc.getAccountInfo(address(SYSVAR_CLOCK), { encoding: "base64" }).send();
    expect(value!.lamports).not.toBe(SOL);
    expect(await balance(net, address(STAKE_CONFIG))).not.toBe(SOL);
    expect(upstream.asked).toEqual([[at(7)]]);
  });

  it("does not bring back what was closed here", async () => {
    await using upstream = await RecordedUpstream.open([wallet(1, 5n * SOL), wallet(2, SOL)]);
    const { net } = await forked(upstream.url);
    await using _ = net;
    expect(await balance(net, at(1))).toBe(5n * SOL);
    const snapshot = await net.snapshot();
    await net.setAccount(at(1), { lamports: 0n });
    expect(await balance(net, at(1))).toBe(0n);
    const closed = await net.snapshot();
    // Another isolate remembers nothing: the chain does.
    await net.revert(closed);
    expect(await balance(net, at(1))).toBe(0n);
    await net.revert(snapshot);
    expect(await balance(net, at(1))).toBe(5n * SOL);
    // Made and closed here before upstream was ever asked.
    await net.setAccount(at(3), { lamports: SOL });
    await net.setAccount(at(3), { lamports: 0n });
    upstream.put(wallet(3, 9n * SOL));
    await net.revert(await net.snapshot());
    expect(await balance(net, at(3))).toBe(0n);
  });

  it("fetches again after a revert, from what was kept", async () => {
    await using upstream = await RecordedUpstream.open([wallet(1, 5n * SOL)]);
    const { net } = await forked(upstream.url);
    await using _ = net;
    const before = await net.snapshot();
    expect(await balance(net, at(1))).toBe(5n * SOL);
    await net.revert(before);
    upstream.put(wallet(1, SOL));
    expect(await balance(net, at(1))).toBe(5n * SOL);
    expect(upstream.asked).toEqual([[at(1)]]);
  });

  it("answers from here while upstream is down, with one line that has no keys of the URL", async () => {
    await using upstream = await RecordedUpstream.open([wallet(1, 5n * SOL)]);
    upstream.fault = (_, response) => {
      response.writeHead(403).end();
      return true;
    };
    const { net, lines } = await forked(upstream.url);
    await using _ = net;
    expect(await balance(net, at(1))).toBe(0n);
    expect(await balance(net, at(2))).toBe(0n);
    await net.fund(at(3), SOL);
    expect(await balance(net, at(3))).toBe(SOL);
    expect(lines.filter((line) => line.includes("getMultipleAccounts"))).toEqual([
      expect.stringMatching(/^fork: getMultipleAccounts at 127\.0\.0\.1:\d+: no JSON \(status 403\); what is not here/),
    ]);
    expect(lines.join()).not.toContain("secret");
  });
});

describe("a fork of a second network of ours", () => {
  it.each([1, 2, 4, 8])(
    "runs a transaction with a lookup table, a program and its accounts on %i shards",
    async (shards) => {
      const [table, programId, counter] = [at(20), at(21), at(22)];
      // The program writes a byte into its first account.
      const elf = assemble("entrypoint:\n  mov64 r2, 42\n  stxb [r1+0x60], r2\n  mov64 r0, 0\n  exit\n");
      await using upstream = await startNetwork({
        seed: 1,
        programs: [{ address: programId, elf }],
        accounts: [
          { address: counter, owner: programId, data: new Uint8Array(8) },
          { address: table, owner: ADDRESS_LOOKUP_TABLE_PROGRAM, data: lookupTable([at(22), at(23)]) },
          { address: at(23), lamports: 3n * SOL },
        ],
      });
      await using net = await startNetwork({ fork: await upstream.url, shards, seed: 2 });
      const { value } = await net.rpc.getLatestBlockhash().send();
      const message = pipe(
        createTransactionMessage({ version: 0 }),
        (m) => setTransactionMessageFeePayerSigner(net.payer, m),
        (m) => setTransactionMessageLifetimeUsingBlockhash(value, m),
        (m) =>
          appendTransactionMessageInstruction(
            {
              programAddress: programId,
              accounts: [
                { address: counter, role: AccountRole.WRITABLE },
                { address: at(23), role: AccountRole.READONLY },
              ],
              data: new Uint8Array(0),
            },
            m,
          ),
        (m) => compressTransactionMessageUsingAddressLookupTables(m, { [table]: [counter, at(23)] }),
      );
      const outcome = await net.send(await signTransactionMessageWithSigners(message));
      expect(outcome).toMatchObject({ err: null });
      const read = async (of: TestNetwork) =>
        (await of.rpc.getAccountInfo(counter, { encoding: "base64" }).send()).value!.data[0];
      expect(await read(net)).toBe("KgAAAAAAAAA=");
      expect(await read(upstream)).toBe("AAAAAAAAAAA=");
      expect(await balance(net, at(23))).toBe(3n * SOL);
    },
  );
});

describe("an account override that is for missing accounts only", () => {
  it("leaves alone what came before it", async () => {
    await using net = await startNetwork({ accounts: [{ address: at(1), lamports: SOL }] });
    const faucet = await createKeyPairSignerFromPrivateKeyBytes(derive(0n, "faucet"));
    const set = async (to: Address) => {
      const data = new ByteWriter()
        .u8(1)
        .u8(64 | 1)
        .u8(0)
        .u8(0)
        .u32(0)
        .u64(5n * SOL)
        .u64(0n)
        .u64(0n)
        .raw(new Uint8Array(32));
      const accounts = [
        { address: faucet.address, role: AccountRole.WRITABLE_SIGNER, signer: faucet },
        { address: to, role: AccountRole.WRITABLE },
      ];
      return net.send(
        await signed(net, { programAddress: address(DEV_NETWORK_PROGRAM), accounts, data: data.bytes() }, faucet),
      );
    };
    expect((await set(at(1))).err).toBeNull();
    expect(await balance(net, at(1))).toBe(SOL);
    expect((await set(at(2))).err).toBeNull();
    expect(await balance(net, at(2))).toBe(5n * SOL);
  });
});

describe("a fork's cache", () => {
  async function story(net: TestNetwork) {
    const answers: unknown[] = [await balance(net, at(1)), await balance(net, at(8))];
    answers.push((await net.send(await invoke(net, at(4), [at(1)]))).logs);
    answers.push((await net.rpc.getMultipleAccounts([at(1), at(2), USDC], { encoding: "base64" }).send()).value);
    await net.send(await transfer(net, at(1), SOL));
    answers.push(await balance(net, at(1)), await net.rpc.getSlot().send(), await hashOf(net));
    return answers;
  }

  it("works offline, byte for byte, with the same blockhashes", async () => {
    const cache = folder();
    const upstream = await RecordedUpstream.open([wallet(1, SOL), usdc, tokens(2, 1, 5n), ...program(4, 0)]);
    const online = await forked({ url: upstream.url, cache });
    const answers = await story(online.net);
    await online.net.close();
    await upstream.close();
    expect(JSON.parse(readFileSync(join(cache, "fork.json"), "utf8"))).toEqual({
      version: 1,
      genesisHash: UPSTREAM_GENESIS,
      slot: 250_000_000,
      unixTimestamp: 1_780_000_000,
    });
    expect(readFileSync(join(cache, "absent.txt"), "utf8")).toBe(`${at(8)}\n`);
    const files = readdirSync(join(cache, "accounts")).sort();
    expect(files).toHaveLength(5);

    for (const fork of [{ cache }, { cache, url: upstream.url }]) {
      const { net } = await forked(fork);
      expect(await story(net)).toEqual(answers);
      await net.close();
    }
    expect(readdirSync(join(cache, "accounts")).sort()).toEqual(files);
  });
});
