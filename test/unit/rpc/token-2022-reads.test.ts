/** Token-2022 mints and accounts wherever the RPC shows them: extensions, and amounts as of the Clock of the slot that is read. */
import * as spl from "@solana/spl-token";
import { Keypair, PublicKey, SystemProgram, Transaction } from "@solana/web3.js";
import { beforeEach, describe, expect, test } from "vitest";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import {
  ADDRESS_LOOKUP_TABLE_PROGRAM,
  CONFIG_PROGRAM,
  STAKE_CONFIG,
  SYSVAR_CLOCK,
  TOKEN_2022_PROGRAM,
  VALIDATOR_INFO,
} from "../../../shared/rpc/keys.ts";
import { base64, Fixture } from "./fixture.ts";
import { account, mintData, tokenData } from "./states.ts";
import { entry, extended, f64, interestBearing, key, scaledUiAmount, u64 } from "./token-2022-states.ts";

const name = (fill: number) => encodeBase58(key(fill));
const YEAR = 31_556_736n;

let f: Fixture;
let now: bigint;
beforeEach(async () => {
  f = new Fixture();
  const clock = (await f.ok("getAccountInfo", SYSVAR_CLOCK, { encoding: "jsonParsed" })).value;
  now = BigInt(clock.data.parsed.info.unixTimestamp);
});

const put = (fill: number, data: Uint8Array) => f.backend.put(account(key(fill), TOKEN_2022_PROGRAM, data));
const parsed = async (address: string) =>
  (await f.ok("getAccountInfo", address, { encoding: "jsonParsed" })).value.data;

/** Mint 50 with `extension`, and 51 that holds raw 1000 of it for 60, 52 raw 20 with a delegate. */
function economy(extension: Uint8Array, decimals = 2): void {
  put(50, extended(mintData(1_020n, decimals, key(60)), 1, extension));
  const owner = key(60);
  put(51, extended(tokenData({ mint: key(50), owner, amount: 1_000n }), 2, entry(7)));
  put(52, tokenData({ mint: key(50), owner, amount: 20n, delegate: key(61), delegated: 10n }));
}

const amount = (raw: string, ui: number, text: string, decimals = 2) => ({
  amount: raw,
  decimals,
  uiAmount: ui,
  uiAmountString: text,
});

describe("a mint with a multiplier of 2.5", () => {
  const info = {
    mint: name(50),
    owner: name(60),
    state: "initialized",
    isNative: false,
    tokenAmount: amount("1000", 25, "25"),
    extensions: [{ extension: "immutableOwner" }],
  };
  const shown = { program: "spl-token-2022", space: 170, parsed: { type: "account", info } };
  beforeEach(() => economy(scaledUiAmount(2.5, 0n, 2.5)));

  test("accounts, one or several, by program, owner and delegate", async () => {
    const parse = { encoding: "jsonParsed" };
    expect(await parsed(name(51))).toEqual(shown);
    const several = await f.ok("getMultipleAccounts", [name(51), name(99)], parse);
    expect(several.value).toMatchObject([{ data: shown }, null]);
    const scanned = await f.ok("getProgramAccounts", TOKEN_2022_PROGRAM, parse);
    expect(scanned.map((one: { pubkey: string }) => one.pubkey)).toEqual([50, 51, 52].map(name));
    expect(scanned[1].account.data).toEqual(shown);
    const owned = await f.ok("getTokenAccountsByOwner", name(60), { mint: name(50) }, parse);
    expect(owned.value[0].account.data).toEqual(shown);
    const delegated = await f.ok("getTokenAccountsByDelegate", name(61), { programId: TOKEN_2022_PROGRAM }, parse);
    expect(delegated.value[0].account.data.parsed.info).toMatchObject({
      tokenAmount: amount("20", 0.5, "0.5"),
      delegatedAmount: amount("10", 0.25, "0.25"),
    });
  });

  test("balances, supply and the largest accounts", async () => {
    expect((await f.ok("getTokenAccountBalance", name(51))).value).toEqual(amount("1000", 25, "25"));
    expect((await f.ok("getTokenSupply", name(50))).value).toEqual(amount("1020", 25.5, "25.5"));
    expect((await f.ok("getTokenLargestAccounts", name(50))).value).toEqual([
      { address: name(51), ...amount("1000", 25, "25") },
      { address: name(52), ...amount("20", 0.5, "0.5") },
    ]);
  });

  test("the mint itself: its supply is raw, its extension says how it is shown", async () => {
    expect(await parsed(name(50))).toEqual({
      program: "spl-token-2022",
      space: 226,
      parsed: {
        type: "mint",
        info: {
          mintAuthority: name(60),
          freezeAuthority: null,
          supply: "1020",
          decimals: 2,
          isInitialized: true,
          extensions: [
            {
              extension: "scaledUiAmountConfig",
              state: {
                authority: name(4),
                multiplier: "2.5",
                newMultiplierEffectiveTimestamp: 0,
                newMultiplier: "2.5",
              },
            },
          ],
        },
      },
    });
  });
});

test("a new multiplier holds from the second of the Clock that the client reads", async () => {
  const balance = async () => (await f.ok("getTokenAccountBalance", name(51))).value.uiAmountString;
  economy(scaledUiAmount(2, now, 3));
  expect(await balance()).toBe("30");
  economy(scaledUiAmount(2, now + 1n, 3));
  expect(await balance()).toBe("20");
});

test("interest accrues up to the Clock that the client reads", async () => {
  economy(interestBearing(now - 2n * YEAR, 500, now - YEAR, 500));
  const earned = "11.05";
  expect((await f.ok("getTokenAccountBalance", name(51))).value).toEqual(amount("1000", Number(earned), earned));
  expect((await parsed(name(51))).parsed.info.tokenAmount).toEqual(amount("1000", Number(earned), earned));
});

test("an amount that is infinite has a text and no number", async () => {
  economy(scaledUiAmount(1, 0n, Number.POSITIVE_INFINITY));
  const shown = { amount: "1000", decimals: 2, uiAmount: null, uiAmountString: "inf" };
  expect((await f.ok("getTokenAccountBalance", name(51))).value).toEqual(shown);
});

test("an extension that cannot be read counts for nothing", async () => {
  economy(entry(25, key(4), f64(2), u64(0)));
  expect((await f.ok("getTokenAccountBalance", name(51))).value.uiAmountString).toBe("10");
  expect((await parsed(name(50))).parsed.info.extensions).toEqual([{ extension: "unparseableExtension" }]);
});

test("a simulation shows a token account whose mint it makes itself", async () => {
  const payer = await f.funded();
  const [mint, held] = [Keypair.generate(), Keypair.generate()];
  const create = (at: Keypair, space: number) =>
    SystemProgram.createAccount({
      fromPubkey: payer.publicKey,
      newAccountPubkey: at.publicKey,
      lamports: (128 + space) * 6_960,
      space,
      programId: spl.TOKEN_PROGRAM_ID,
    });
  const { blockhash, lastValidBlockHeight } = await f.connection.getLatestBlockhash();
  const transaction = new Transaction({ blockhash, lastValidBlockHeight, feePayer: payer.publicKey }).add(
    create(mint, 82),
    spl.createInitializeMint2Instruction(mint.publicKey, 3, payer.publicKey, null),
    create(held, 165),
    spl.createInitializeAccount3Instruction(held.publicKey, mint.publicKey, payer.publicKey),
    spl.createMintToInstruction(mint.publicKey, held.publicKey, payer.publicKey, 1_500),
  );
  transaction.sign(payer, mint, held);
  const { value } = await f.ok("simulateTransaction", base64(transaction.serialize()), {
    encoding: "base64",
    accounts: { encoding: "jsonParsed", addresses: [held.publicKey.toBase58()] },
  });
  expect(value.err).toBeNull();
  expect(value.accounts[0].data.parsed.info.tokenAmount).toEqual(amount("1500", 1.5, "1.5", 3));
});

describe("accounts of other programs", () => {
  const of = async (address: string, owner: string, data: Uint8Array) => {
    f.backend.put(account(new PublicKey(address).toBytes(), owner, data));
    return parsed(address);
  };
  const text = (value: string) => Uint8Array.from([...u64(value.length), ...new TextEncoder().encode(value)]);
  const info = (json: string) =>
    Uint8Array.from([2, ...new PublicKey(VALIDATOR_INFO).toBytes(), 0, ...key(7), 1, ...text(json)]);

  test("the stake configuration", async () => {
    expect(await of(STAKE_CONFIG, CONFIG_PROGRAM, Uint8Array.from([0, ...f64(0.25), 50]))).toEqual({
      program: "config",
      space: 10,
      parsed: { type: "stakeConfig", info: { warmupCooldownRate: 0.25, slashPenalty: 50 } },
    });
  });
  test("what a validator says of itself", async () => {
    const said = await of(name(70), CONFIG_PROGRAM, info('{"name":"Solana"}'));
    const keys = [
      { pubkey: VALIDATOR_INFO, signer: false },
      { pubkey: name(7), signer: true },
    ];
    expect(said).toMatchObject({
      program: "config",
      parsed: { type: "validatorInfo", info: { keys, configData: { name: "Solana" } } },
    });
  });
  test("of the Config program, whatever is neither", async () => {
    const deep = (levels: number) => info(`${"[".repeat(levels)}${"]".repeat(levels)}`);
    expect(await of(name(70), CONFIG_PROGRAM, deep(127))).toHaveProperty("parsed.type", "validatorInfo");
    const others = [
      new Uint8Array(4),
      info("no JSON"),
      info("{}").subarray(0, 70),
      deep(128),
      Uint8Array.of(1, ...key(9), 0),
    ];
    for (const data of others) expect(await of(name(70), CONFIG_PROGRAM, data)).toEqual([base64(data), "base64"]);
  });
  test("a lookup table that is not initialised, however short", async () => {
    for (const size of [4, 56]) {
      expect(await of(name(71), ADDRESS_LOOKUP_TABLE_PROGRAM, new Uint8Array(size))).toMatchObject({
        parsed: { type: "uninitialized" },
      });
    }
    const short = Uint8Array.of(1, 0, 0, 0);
    expect(await of(name(71), ADDRESS_LOOKUP_TABLE_PROGRAM, short)).toEqual([base64(short), "base64"]);
  });
});
