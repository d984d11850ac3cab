/** @solana/spl-token as published, against a running network. */
import {
  ACCOUNT_SIZE,
  AuthorityType,
  approve,
  approveChecked,
  burn,
  burnChecked,
  closeAccount,
  createAccount,
  createApproveInstruction,
  createAssociatedTokenAccount,
  createAssociatedTokenAccountIdempotent,
  createInitializeAccountInstruction,
  createMint,
  createMultisig,
  createTransferInstruction,
  createWrappedNativeAccount,
  freezeAccount,
  getAccount,
  getAssociatedTokenAddress,
  getMinimumBalanceForRentExemptAccount,
  getMinimumBalanceForRentExemptMint,
  getMint,
  getMultipleAccounts,
  getMultisig,
  getOrCreateAssociatedTokenAccount,
  MULTISIG_SIZE,
  mintTo,
  mintToChecked,
  NATIVE_MINT,
  revoke,
  setAuthority,
  syncNative,
  TOKEN_PROGRAM_ID,
  TokenAccountNotFoundError,
  thawAccount,
  transfer,
  transferChecked,
} from "@solana/spl-token";
import {
  type Connection,
  Keypair,
  type PublicKey,
  SendTransactionError,
  SystemProgram,
  sendAndConfirmTransaction,
  Transaction,
} from "@solana/web3.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Network, startNetwork } from "../../../infra/network/index.ts";
import { connect, FEE, funded, SOL, stopped, transferTo } from "./web3-client.ts";

const DECIMALS = 6;
const RENT = (ACCOUNT_SIZE + 128) * 6_960;

let network: Network;
let connection: Connection;
let payer: Keypair;

beforeAll(async () => {
  network = await startNetwork({});
  connection = connect(network.rpcUrl);
  payer = await funded(connection, 1_000 * SOL);
});
afterAll(() => stopped(network));

/** A mint of `payer`'s and two wallets with a token account each; the first has `amount`. */
async function economy(amount: bigint, freezer: PublicKey | null = null) {
  const alice = Keypair.generate();
  const bob = Keypair.generate();
  const mint = await createMint(connection, payer, payer.publicKey, freezer, DECIMALS);
  const [a, b] = await Promise.all(
    [alice, bob].map((one) => createAssociatedTokenAccount(connection, payer, mint, one.publicKey)),
  );
  await mintTo(connection, payer, mint, a!, payer, amount);
  return { alice, bob, mint, a: a!, b: b! };
}

const amountOf = async (account: PublicKey) => (await getAccount(connection, account)).amount;
const customError = (code: number) => new RegExp(`custom program error: 0x${code.toString(16)}`);

describe("mints", () => {
  test.concurrent("a mint and its supply", async () => {
    const authority = Keypair.generate();
    const mint = await createMint(connection, payer, authority.publicKey, payer.publicKey, 9);
    expect(await getMint(connection, mint)).toMatchObject({
      address: mint,
      mintAuthority: authority.publicKey,
      freezeAuthority: payer.publicKey,
      supply: 0n,
      decimals: 9,
      isInitialized: true,
    });
    expect(await connection.getBalance(mint)).toBe(await getMinimumBalanceForRentExemptMint(connection));
    const account = await createAccount(connection, payer, mint, payer.publicKey, Keypair.generate());
    await mintTo(connection, payer, mint, account, authority, 18_446_744_073_709_551_615n);
    expect(await amountOf(account)).toBe(18_446_744_073_709_551_615n);
    expect((await connection.getTokenSupply(mint)).value).toEqual({
      amount: "18446744073709551615",
      decimals: 9,
      uiAmount: 18446744073.709553,
      uiAmountString: "18446744073.709551615",
    });
    await expect(mintTo(connection, payer, mint, account, authority, 1)).rejects.toThrow(customError(14));
  });

  test.concurrent("nobody mints after the authority is given up", async () => {
    const { mint, a } = await economy(5n);
    await expect(mintToChecked(connection, payer, mint, a, payer, 1, DECIMALS + 1)).rejects.toThrow(customError(18));
    await mintToChecked(connection, payer, mint, a, payer, 1, DECIMALS);
    await setAuthority(connection, payer, mint, payer, AuthorityType.MintTokens, null);
    await expect(mintTo(connection, payer, mint, a, payer, 1)).rejects.toThrow(customError(5));
    expect(await getMint(connection, mint)).toMatchObject({ mintAuthority: null, supply: 6n });
  });
});

describe("accounts", () => {
  test.concurrent("transfers, plain and checked", async () => {
    const { alice, mint, a, b } = await economy(1_000n);
    await transfer(connection, payer, a, b, alice, 400);
    await transferChecked(connection, payer, a, mint, b, alice, 100, DECIMALS);
    expect([await amountOf(a), await amountOf(b)]).toEqual([500n, 500n]);
    const failed = await transfer(connection, payer, a, b, alice, 501).catch((error) => error);
    expect(failed).toBeInstanceOf(SendTransactionError);
    expect(failed.logs).toContain("Program log: Error: insufficient funds");
    expect(failed.message).toMatch(customError(1));
    const { value } = await connection.getTokenAccountBalance(a);
    expect(value).toEqual({ amount: "500", decimals: DECIMALS, uiAmount: 0.0005, uiAmountString: "0.0005" });
  });

  test.concurrent("approved, spent by the delegate, revoked", async () => {
    const { alice, bob, mint, a, b } = await economy(1_000n);
    await approve(connection, payer, a, bob.publicKey, alice, 300);
    expect(await getAccount(connection, a)).toMatchObject({ delegate: bob.publicKey, delegatedAmount: 300n });
    await transfer(connection, payer, a, b, bob, 200);
    expect(await getAccount(connection, a)).toMatchObject({ amount: 800n, delegatedAmount: 100n });
    await expect(transfer(connection, payer, a, b, bob, 101)).rejects.toThrow(customError(1));
    await approveChecked(connection, payer, mint, a, bob.publicKey, alice, 50, DECIMALS);
    await revoke(connection, payer, a, alice);
    expect(await getAccount(connection, a)).toMatchObject({ delegate: null, delegatedAmount: 0n });
    await expect(transfer(connection, payer, a, b, bob, 1)).rejects.toThrow(customError(4));
  });

  test.concurrent("burned, plain and checked, then closed", async () => {
    const { alice, mint, a } = await economy(1_000n);
    await burn(connection, payer, a, mint, alice, 600);
    await expect(closeAccount(connection, payer, a, payer.publicKey, alice)).rejects.toThrow(customError(11));
    await burnChecked(connection, payer, a, mint, alice, 400, DECIMALS);
    expect(await getMint(connection, mint)).toMatchObject({ supply: 0n });
    const receiver = Keypair.generate().publicKey;
    await closeAccount(connection, payer, a, receiver, alice);
    expect(await connection.getBalance(receiver)).toBe(RENT);
    expect(RENT).toBe(await getMinimumBalanceForRentExemptAccount(connection));
    await expect(getAccount(connection, a)).rejects.toThrow(TokenAccountNotFoundError);
  });

  test.concurrent("frozen and thawed", async () => {
    const freezer = Keypair.generate();
    const { alice, mint, a, b } = await economy(10n, freezer.publicKey);
    await freezeAccount(connection, payer, a, mint, freezer);
    expect(await getAccount(connection, a)).toMatchObject({ isFrozen: true });
    await expect(transfer(connection, payer, a, b, alice, 1)).rejects.toThrow(customError(17));
    await thawAccount(connection, payer, a, mint, freezer);
    await transfer(connection, payer, a, b, alice, 1);
    expect([await amountOf(a), await amountOf(b)]).toEqual([9n, 1n]);
  });

  test.concurrent("owned by another, closed by another", async () => {
    const { alice, bob, a, b } = await economy(10n);
    await setAuthority(connection, payer, a, alice, AuthorityType.CloseAccount, payer.publicKey);
    await setAuthority(connection, payer, a, alice, AuthorityType.AccountOwner, bob.publicKey);
    await expect(transfer(connection, payer, a, b, alice, 1)).rejects.toThrow(customError(4));
    await transfer(connection, payer, a, b, bob, 10);
    expect(await getMultipleAccounts(connection, [a, b])).toMatchObject([
      { owner: bob.publicKey, amount: 0n, closeAuthority: payer.publicKey },
      { owner: bob.publicKey, amount: 10n, closeAuthority: null },
    ]);
  });
});

describe("associated token accounts", () => {
  test.concurrent("made once; again is an error, and none when idempotent", async () => {
    const owner = Keypair.generate().publicKey;
    const mint = await createMint(connection, payer, payer.publicKey, null, DECIMALS);
    const expected = await getAssociatedTokenAddress(mint, owner);
    const before = await connection.getBalance(payer.publicKey);
    expect(before).toBeGreaterThan(RENT);
    expect(await createAssociatedTokenAccountIdempotent(connection, payer, mint, owner)).toEqual(expected);
    expect(await createAssociatedTokenAccountIdempotent(connection, payer, mint, owner)).toEqual(expected);
    await expect(createAssociatedTokenAccount(connection, payer, mint, owner)).rejects.toThrow(SendTransactionError);
    const account = await getOrCreateAssociatedTokenAccount(connection, payer, mint, owner);
    expect(account).toMatchObject({ address: expected, owner, mint, amount: 0n, isInitialized: true });
    expect(await connection.getBalance(expected)).toBe(RENT);
  });

  test.concurrent("found or made", async () => {
    const owner = Keypair.generate().publicKey;
    const mint = await createMint(connection, payer, payer.publicKey, null, DECIMALS);
    const made = await getOrCreateAssociatedTokenAccount(connection, payer, mint, owner);
    expect(made.address).toEqual(await getAssociatedTokenAddress(mint, owner));
  });

  test.concurrent("listed by owner, as data and parsed", async () => {
    const { alice, mint, a } = await economy(1_500_000n);
    const { value: parsed } = await connection.getParsedTokenAccountsByOwner(alice.publicKey, { mint });
    expect(parsed).toHaveLength(1);
    expect(parsed[0]!.pubkey).toEqual(a);
    expect(parsed[0]!.account.data).toEqual({
      program: "spl-token",
      space: ACCOUNT_SIZE,
      parsed: {
        type: "account",
        info: {
          isNative: false,
          mint: mint.toBase58(),
          owner: alice.publicKey.toBase58(),
          state: "initialized",
          tokenAmount: { amount: "1500000", decimals: DECIMALS, uiAmount: 1.5, uiAmountString: "1.5" },
        },
      },
    });
    const { value: raw } = await connection.getTokenAccountsByOwner(alice.publicKey, { programId: TOKEN_PROGRAM_ID });
    expect(raw.map(({ pubkey, account }) => [pubkey, account.data.length])).toEqual([[a, ACCOUNT_SIZE]]);
    const { value: largest } = await connection.getTokenLargestAccounts(mint);
    expect(largest.map(({ address, amount }) => [address, amount])).toEqual([
      [a, "1500000"],
      [expect.anything(), "0"],
    ]);
    const found = await connection.getProgramAccounts(TOKEN_PROGRAM_ID, {
      filters: [{ dataSize: ACCOUNT_SIZE }, { memcmp: { offset: 32, bytes: alice.publicKey.toBase58() } }],
      dataSlice: { offset: 64, length: 8 },
    });
    expect(found).toHaveLength(1);
    expect(found[0]!.account.data.readBigUInt64LE()).toBe(1_500_000n);
  });
});

describe("multisig", () => {
  test.concurrent("two of three mint and transfer; one alone does not", async () => {
    const signers = [1, 2, 3].map(() => Keypair.generate());
    const [one, two, three] = signers as [Keypair, Keypair, Keypair];
    const multisig = await createMultisig(
      connection,
      payer,
      signers.map(({ publicKey }) => publicKey),
      2,
    );
    expect(await getMultisig(connection, multisig)).toMatchObject({ m: 2, n: 3, signer1: one.publicKey });
    expect((await connection.getAccountInfo(multisig))!.data).toHaveLength(MULTISIG_SIZE);
    const mint = await createMint(connection, payer, multisig, null, DECIMALS);
    const account = await createAccount(connection, payer, mint, multisig, Keypair.generate());
    const other = await createAssociatedTokenAccount(connection, payer, mint, one.publicKey);
    await mintTo(connection, payer, mint, account, multisig, 100, [one, three]);
    await transfer(connection, payer, account, other, multisig, 40, [two, three]);
    expect([await amountOf(account), await amountOf(other)]).toEqual([60n, 40n]);
    const alone = transfer(connection, payer, account, other, multisig, 1, [two]);
    await expect(alone).rejects.toThrow("missing required signature");
    const stranger = Keypair.generate();
    const strange = transfer(connection, payer, account, other, multisig, 1, [two, stranger]);
    await expect(strange).rejects.toThrow("missing required signature");
  });
});

describe("wrapped SOL", () => {
  test.concurrent("wrapped, topped up and synced, unwrapped", async () => {
    const owner = await funded(connection, 10 * SOL);
    const wrapped = await createWrappedNativeAccount(connection, payer, owner.publicKey, SOL);
    expect(await getAccount(connection, wrapped)).toMatchObject({
      mint: NATIVE_MINT,
      amount: BigInt(SOL),
      isNative: true,
      rentExemptReserve: BigInt(RENT),
    });
    await sendAndConfirmTransaction(connection, new Transaction().add(transferTo(owner, wrapped, SOL)), [owner]);
    expect(await amountOf(wrapped)).toBe(BigInt(SOL));
    await syncNative(connection, payer, wrapped);
    expect(await amountOf(wrapped)).toBe(BigInt(2 * SOL));
    expect((await connection.getTokenAccountBalance(wrapped)).value.uiAmountString).toBe("2");
    await closeAccount(connection, payer, wrapped, owner.publicKey, owner);
    expect(await connection.getBalance(owner.publicKey)).toBe(11 * SOL - FEE + RENT);
    expect(await connection.getAccountInfo(wrapped)).toBeNull();
  });
});

test.concurrent("an account is made, filled, approved and spent in one transaction, or not at all", async () => {
  const { alice, bob, mint, a } = await economy(1_000n);
  const account = Keypair.generate();
  const together = (amount: number) =>
    new Transaction().add(
      SystemProgram.createAccount({
        fromPubkey: payer.publicKey,
        newAccountPubkey: account.publicKey,
        lamports: RENT,
        space: ACCOUNT_SIZE,
        programId: TOKEN_PROGRAM_ID,
      }),
      createInitializeAccountInstruction(account.publicKey, mint, bob.publicKey),
      createApproveInstruction(a, bob.publicKey, alice.publicKey, 500),
      createTransferInstruction(a, account.publicKey, bob.publicKey, amount),
    );
  const signers = [payer, account, alice, bob];
  await expect(sendAndConfirmTransaction(connection, together(501), signers)).rejects.toThrow(customError(1));
  // The last instruction fails on the chain: what the others did is undone.
  const skipped = { skipPreflight: true };
  await sendAndConfirmTransaction(connection, together(502), signers, skipped).then(
    () => expect.unreachable(),
    () => {},
  );
  expect(await connection.getAccountInfo(account.publicKey)).toBeNull();
  expect(await getAccount(connection, a)).toMatchObject({ amount: 1_000n, delegate: null });
  const signature = await sendAndConfirmTransaction(connection, together(500), signers);
  expect([await amountOf(account.publicKey), await amountOf(a)]).toEqual([500n, 500n]);
  const stored = await connection.getParsedTransaction(signature, "confirmed");
  expect(stored!.meta!.postTokenBalances!.map(({ owner, uiTokenAmount }) => [owner, uiTokenAmount.amount])).toEqual(
    expect.arrayContaining([
      [alice.publicKey.toBase58(), "500"],
      [bob.publicKey.toBase58(), "500"],
    ]),
  );
  expect(stored!.transaction.message.instructions.map((ix) => "parsed" in ix && ix.parsed.type)).toEqual([
    "createAccount",
    "initializeAccount",
    "approve",
    "transfer",
  ]);
});
