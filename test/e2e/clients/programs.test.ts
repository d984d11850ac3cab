/** The @solana-program packages as published, with kit, against a running network. */
import {
  type Address,
  appendTransactionMessageInstruction,
  createAddressWithSeed,
  fetchAddressesForLookupTables,
  fetchJsonParsedAccount,
  generateKeyPairSigner,
  type KeyPairSigner,
  lamports,
  pipe,
  unwrapOption,
} from "@solana/kit";
import {
  ADDRESS_LOOKUP_TABLE_PROGRAM_ADDRESS,
  fetchAddressLookupTable,
  fetchMaybeAddressLookupTable,
  findAddressLookupTablePda,
  getCreateLookupTableInstructionAsync,
  getDeactivateLookupTableInstruction,
  getExtendLookupTableInstruction,
  getFreezeLookupTableInstruction,
} from "@solana-program/address-lookup-table";
import {
  estimateComputeUnitLimitFactory,
  getRequestHeapFrameInstruction,
  getSetComputeUnitLimitInstruction,
  getSetLoadedAccountsDataSizeLimitInstruction,
  updateOrAppendSetComputeUnitPriceInstruction,
} from "@solana-program/compute-budget";
import { getAddMemoInstruction, MEMO_PROGRAM_ADDRESS } from "@solana-program/memo";
import {
  fetchNonce,
  getAdvanceNonceAccountInstruction,
  getAllocateInstruction,
  getAssignInstruction,
  getAuthorizeNonceAccountInstruction,
  getCreateAccountInstruction,
  getCreateAccountWithSeedInstruction,
  getInitializeNonceAccountInstruction,
  getNonceSize,
  getTransferSolInstruction,
  getWithdrawNonceAccountInstruction,
  isSystemError,
  SYSTEM_ERROR__ACCOUNT_ALREADY_IN_USE,
  SYSTEM_ERROR__RESULT_WITH_NEGATIVE_LAMPORTS,
  SYSTEM_PROGRAM_ADDRESS,
} from "@solana-program/system";
import {
  AccountState,
  AuthorityType,
  fetchMint,
  fetchMultisig,
  fetchToken,
  findAssociatedTokenPda,
  getApproveInstruction,
  getBurnCheckedInstruction,
  getCloseAccountInstruction,
  getCreateAssociatedTokenIdempotentInstructionAsync,
  getCreateAssociatedTokenInstructionAsync,
  getFreezeAccountInstruction,
  getInitializeMint2Instruction,
  getInitializeMultisig2Instruction,
  getMintSize,
  getMintToCheckedInstruction,
  getMintToInstruction,
  getMultisigSize,
  getRevokeInstruction,
  getSetAuthorityInstruction,
  getSyncNativeInstruction,
  getThawAccountInstruction,
  getTransferCheckedInstruction,
  isTokenError,
  TOKEN_ERROR__ACCOUNT_FROZEN,
  TOKEN_ERROR__INSUFFICIENT_FUNDS,
  TOKEN_PROGRAM_ADDRESS,
} from "@solana-program/token";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Network, startNetwork } from "../../../infra/network/index.ts";
import { FEE, type KitClient, kitClient, rejection, SOL } from "./kit-client.ts";

const DECIMALS = 6;
const rent = (space: number) => lamports((128n + BigInt(space)) * 6_960n);

let network: Network;
let client: KitClient;
let payer: KeyPairSigner;

beforeAll(async () => {
  network = await startNetwork({ slotMs: 20 });
  client = kitClient(network);
  payer = await client.funded(1_000n * SOL);
});
afterAll(() => network?.stop());

const fresh = async () => (await generateKeyPairSigner()).address;
/** The error of the instruction, under the preflight failure that carries it. */
const causeOf = async (promise: Promise<unknown>) => ((await rejection(promise)) as Error).cause as Error;
const message = (count: number) => ({ instructions: Array(count).fill({ programAddress: SYSTEM_PROGRAM_ADDRESS }) });

describe("system", () => {
  test("create, with a seed too, allocate, assign", async () => {
    const [account, other, owner] = [await generateKeyPairSigner(), await client.funded(SOL), await fresh()];
    const seeded = await createAddressWithSeed({ baseAddress: payer.address, seed: "x", programAddress: owner });
    const creation = getCreateAccountInstruction({
      payer,
      newAccount: account,
      lamports: rent(10),
      space: 10,
      programAddress: owner,
    });
    await client.send(payer, [
      creation,
      getCreateAccountWithSeedInstruction({
        payer,
        newAccount: seeded,
        baseAccount: payer,
        base: payer.address,
        seed: "x",
        amount: rent(3),
        space: 3,
        programAddress: owner,
      }),
      getAllocateInstruction({ newAccount: other, space: 7 }),
      getAssignInstruction({ account: other, programAddress: owner }),
    ]);
    const { value } = await client.rpc
      .getMultipleAccounts([account.address, seeded, other.address], { encoding: "base64" })
      .send();
    expect(value.map((one) => [one!.owner, one!.lamports, one!.space])).toEqual([
      [owner, rent(10), 10n],
      [owner, rent(3), 3n],
      [owner, SOL, 7n],
    ]);
    const again = await causeOf(client.send(payer, [creation]));
    expect(isSystemError(again, message(1), SYSTEM_ERROR__ACCOUNT_ALREADY_IN_USE)).toBe(true);
    const tooMuch = getTransferSolInstruction({ source: payer, destination: owner, amount: 10_000n * SOL });
    const failure = await causeOf(client.send(payer, [tooMuch]));
    expect(isSystemError(failure, message(1), SYSTEM_ERROR__RESULT_WITH_NEGATIVE_LAMPORTS)).toBe(true);
  });

  test("a nonce account: initialised, advanced, authorised, withdrawn", async () => {
    const [nonce, authority] = [await generateKeyPairSigner(), await generateKeyPairSigner()];
    const nonceAccount = nonce.address;
    await client.send(payer, [
      getCreateAccountInstruction({
        payer,
        newAccount: nonce,
        lamports: rent(getNonceSize()),
        space: getNonceSize(),
        programAddress: SYSTEM_PROGRAM_ADDRESS,
      }),
      getInitializeNonceAccountInstruction({ nonceAccount, nonceAuthority: payer.address }),
    ]);
    const before = await fetchNonce(client.rpc, nonceAccount);
    await client.send(payer, [
      getAdvanceNonceAccountInstruction({ nonceAccount, nonceAuthority: payer }),
      getAuthorizeNonceAccountInstruction({
        nonceAccount,
        nonceAuthority: payer,
        newNonceAuthority: authority.address,
      }),
    ]);
    const after = await fetchNonce(client.rpc, nonceAccount);
    expect(after.data.authority).toBe(authority.address);
    expect(after.data.blockhash).not.toBe(before.data.blockhash);
    const to = await fresh();
    await client.send(payer, [
      getWithdrawNonceAccountInstruction({
        nonceAccount,
        recipientAccount: to,
        nonceAuthority: authority,
        withdrawAmount: rent(getNonceSize()),
      }),
    ]);
    expect(await client.balance(to)).toBe(rent(getNonceSize()));
    expect(await client.balance(nonceAccount)).toBe(0n);
  });
});

describe("token", () => {
  async function newMint(authority: Address, freezer: Address | null = null): Promise<Address> {
    const mint = await generateKeyPairSigner();
    await client.send(payer, [
      getCreateAccountInstruction({
        payer,
        newAccount: mint,
        lamports: rent(getMintSize()),
        space: getMintSize(),
        programAddress: TOKEN_PROGRAM_ADDRESS,
      }),
      getInitializeMint2Instruction({
        mint: mint.address,
        decimals: DECIMALS,
        mintAuthority: authority,
        freezeAuthority: freezer,
      }),
    ]);
    return mint.address;
  }
  const accountOf = async (mint: Address, owner: Address) =>
    (await findAssociatedTokenPda({ mint, owner, tokenProgram: TOKEN_PROGRAM_ADDRESS }))[0];
  const amountOf = async (token: Address) => (await fetchToken(client.rpc, token)).data.amount;

  test("one transaction opens two accounts, mints, transfers and writes a memo", async () => {
    const mint = await newMint(payer.address);
    const owners = [payer.address, await fresh()];
    const [a, b] = [await accountOf(mint, owners[0]!), await accountOf(mint, owners[1]!)];
    await client.send(payer, [
      ...(await Promise.all(
        owners.map((owner) => getCreateAssociatedTokenIdempotentInstructionAsync({ payer, owner, mint })),
      )),
      getMintToInstruction({ mint, token: a, mintAuthority: payer, amount: 1_000n }),
      getTransferCheckedInstruction({
        source: a,
        mint,
        destination: b,
        authority: payer,
        amount: 400n,
        decimals: DECIMALS,
      }),
      getAddMemoInstruction({ memo: "rent, May", signers: [payer] }),
    ]);
    expect([await amountOf(a), await amountOf(b)]).toEqual([600n, 400n]);
    expect((await fetchMint(client.rpc, mint)).data).toMatchObject({ supply: 1_000n, decimals: DECIMALS });
    await client.send(payer, [
      await getCreateAssociatedTokenIdempotentInstructionAsync({ payer, owner: owners[1]!, mint }),
    ]);
    const again = await getCreateAssociatedTokenInstructionAsync({ payer, owner: owners[1]!, mint });
    await rejection(client.send(payer, [again]));
  });

  test("approve, spend, revoke, freeze, thaw, burn, close", async () => {
    const mint = await newMint(payer.address, payer.address);
    const delegate = await generateKeyPairSigner();
    const [a, b] = [await accountOf(mint, payer.address), await accountOf(mint, delegate.address)];
    const send = (...instructions: Parameters<typeof client.send>[1]) => client.send(payer, instructions);
    const spend = (amount: bigint) =>
      getTransferCheckedInstruction({
        source: a,
        mint,
        destination: b,
        authority: delegate,
        amount,
        decimals: DECIMALS,
      });
    await send(
      await getCreateAssociatedTokenInstructionAsync({ payer, owner: payer.address, mint }),
      await getCreateAssociatedTokenInstructionAsync({ payer, owner: delegate.address, mint }),
      getMintToCheckedInstruction({ mint, token: a, mintAuthority: payer, amount: 100n, decimals: DECIMALS }),
      getApproveInstruction({ source: a, delegate: delegate.address, owner: payer, amount: 50n }),
      spend(30n),
    );
    const approved = (await fetchToken(client.rpc, a)).data;
    expect([approved.amount, unwrapOption(approved.delegate), approved.delegatedAmount]).toEqual([
      70n,
      delegate.address,
      20n,
    ]);
    const tooMuch = await causeOf(send(spend(21n)));
    expect(isTokenError(tooMuch, { instructions: [spend(21n)] }, TOKEN_ERROR__INSUFFICIENT_FUNDS)).toBe(true);
    await send(getFreezeAccountInstruction({ account: a, mint, owner: payer }));
    expect((await fetchToken(client.rpc, a)).data.state).toBe(AccountState.Frozen);
    const frozen = await causeOf(send(spend(1n)));
    expect(isTokenError(frozen, { instructions: [spend(1n)] }, TOKEN_ERROR__ACCOUNT_FROZEN)).toBe(true);
    const before = await client.balance(payer.address);
    await send(
      getThawAccountInstruction({ account: a, mint, owner: payer }),
      getRevokeInstruction({ source: a, owner: payer }),
      getBurnCheckedInstruction({ account: a, mint, authority: payer, amount: 70n, decimals: DECIMALS }),
      getCloseAccountInstruction({ account: a, destination: payer.address, owner: payer }),
      getSetAuthorityInstruction({
        owned: mint,
        owner: payer,
        authorityType: AuthorityType.MintTokens,
        newAuthority: null,
      }),
    );
    expect(await client.balance(payer.address)).toBe(before - FEE + rent(165));
    expect((await fetchMint(client.rpc, mint)).data).toMatchObject({
      supply: 30n,
      mintAuthority: { __option: "None" },
    });
  });

  test("a multisig mints when two of three sign", async () => {
    const multisig = await generateKeyPairSigner();
    const signers = await Promise.all([1, 2, 3].map(() => generateKeyPairSigner()));
    await client.send(payer, [
      getCreateAccountInstruction({
        payer,
        newAccount: multisig,
        lamports: rent(getMultisigSize()),
        space: getMultisigSize(),
        programAddress: TOKEN_PROGRAM_ADDRESS,
      }),
      getInitializeMultisig2Instruction({
        multisig: multisig.address,
        m: 2,
        signers: signers.map(({ address }) => address),
      }),
    ]);
    expect((await fetchMultisig(client.rpc, multisig.address)).data).toMatchObject({ m: 2, n: 3, isInitialized: true });
    const mint = await newMint(multisig.address);
    const token = await accountOf(mint, payer.address);
    const mintWith = (...multiSigners: KeyPairSigner[]) =>
      getMintToInstruction({ mint, token, mintAuthority: multisig.address, amount: 5n, multiSigners });
    await client.send(payer, [
      await getCreateAssociatedTokenInstructionAsync({ payer, owner: payer.address, mint }),
      mintWith(signers[0]!, signers[2]!),
    ]);
    expect(await amountOf(token)).toBe(5n);
    const alone = await causeOf(client.send(payer, [mintWith(signers[1]!)]));
    expect(alone.message).toMatch(/missing required signature/i);
  });

  test("SOL wrapped and unwrapped", async () => {
    const mint = "So11111111111111111111111111111111111111112" as Address;
    const owner = await client.funded(10n * SOL);
    const token = await accountOf(mint, owner.address);
    await client.send(owner, [
      await getCreateAssociatedTokenInstructionAsync({ payer: owner, owner: owner.address, mint }),
      getTransferSolInstruction({ source: owner, destination: token, amount: 3n * SOL }),
      getSyncNativeInstruction({ account: token }),
    ]);
    expect(await amountOf(token)).toBe(3n * SOL);
    await client.send(owner, [getCloseAccountInstruction({ account: token, destination: owner.address, owner })]);
    expect(await client.balance(owner.address)).toBe(10n * SOL - 2n * FEE);
  });
});

describe("compute budget", () => {
  test("the limit that is estimated is enough, one less is not", async () => {
    const base = await client.message(payer, [
      getTransferSolInstruction({ source: payer, destination: await fresh(), amount: SOL }),
      getAddMemoInstruction({ memo: "estimated", signers: [payer] }),
    ]);
    const units = await estimateComputeUnitLimitFactory(client)(base);
    expect(units).toBeGreaterThan(300);
    const instructions = (limit: number) => [getSetComputeUnitLimitInstruction({ units: limit }), ...base.instructions];
    await client.send(payer, instructions(units));
    const failure = await causeOf(client.send(payer, instructions(units - 1)));
    expect(failure.message).toMatch(/budget exceeded|failed to complete/i);
  });

  test("every instruction of it is taken, and paid for", async () => {
    const before = await client.balance(payer.address);
    const to = await fresh();
    const instructions = [
      getSetComputeUnitLimitInstruction({ units: 20_000 }),
      getRequestHeapFrameInstruction({ bytes: 64 * 1024 }),
      getSetLoadedAccountsDataSizeLimitInstruction({ accountDataSizeLimit: 64 * 1024 }),
    ];
    const priced = pipe(
      await client.message(payer, instructions),
      (m) => updateOrAppendSetComputeUnitPriceInstruction(333_333n as never, m),
      (m) =>
        appendTransactionMessageInstruction(
          getTransferSolInstruction({ source: payer, destination: to, amount: SOL }),
          m,
        ),
    );
    await client.send(payer, priced.instructions);
    expect(await client.balance(payer.address)).toBe(before - SOL - FEE - 6_667n);
  });
});

test("a memo, at the address that the package has", async () => {
  const signature = await client.send(payer, [getAddMemoInstruction({ memo: "añb", signers: [payer] })]);
  const stored = await client.rpc
    .getTransaction(signature, { maxSupportedTransactionVersion: 0, encoding: "jsonParsed" })
    .send();
  expect(stored!.transaction.message.instructions).toMatchObject([
    { program: "spl-memo", programId: MEMO_PROGRAM_ADDRESS, parsed: "añb" },
  ]);
  expect(stored!.meta!.logMessages!.slice(1, 5)).toEqual([
    "Program log: Signed by:",
    `Program log: ${payer.address}`,
    "Program log: Memo (len 4)",
    "Program log: añb",
  ]);
  const [entry] = await client.rpc.getSignaturesForAddress(payer.address, { limit: 1 }).send();
  expect(entry).toMatchObject({ signature, memo: "[4] añb" });
});

describe("address lookup table", () => {
  test("created, extended, read parsed, frozen; another is deactivated", async () => {
    const recentSlot = await client.rpc.getSlot().send();
    const [authority, other] = [await generateKeyPairSigner(), await generateKeyPairSigner()];
    const [frozen] = await findAddressLookupTablePda({ authority: authority.address, recentSlot });
    const [closing] = await findAddressLookupTablePda({ authority: other.address, recentSlot });
    const addresses = [await fresh(), await fresh()];
    const create = (by: KeyPairSigner) =>
      getCreateLookupTableInstructionAsync({ authority: by.address, payer, recentSlot });
    await client.send(payer, [
      await create(authority),
      getExtendLookupTableInstruction({ address: frozen, authority, payer, addresses }),
      getFreezeLookupTableInstruction({ address: frozen, authority }),
      await create(other),
      getDeactivateLookupTableInstruction({ address: closing, authority: other }),
    ]);
    const table = await fetchAddressLookupTable(client.rpc, frozen);
    expect(table.programAddress).toBe(ADDRESS_LOOKUP_TABLE_PROGRAM_ADDRESS);
    expect(table.data).toMatchObject({ addresses, authority: { __option: "None" } });
    expect(await fetchAddressesForLookupTables([frozen], client.rpc)).toEqual({ [frozen]: addresses });
    const parsed = await fetchJsonParsedAccount(client.rpc, frozen);
    expect(parsed).toMatchObject({ exists: true, data: { addresses } });
    const deactivated = await fetchMaybeAddressLookupTable(client.rpc, closing);
    expect(deactivated).toMatchObject({ exists: true });
    if (deactivated.exists) expect(deactivated.data.deactivationSlot).toBeLessThan(1n << 63n);
    const more = getExtendLookupTableInstruction({ address: frozen, authority, payer, addresses });
    expect((await causeOf(client.send(payer, [more]))).message).toMatch(/immutable/i);
  });
});
