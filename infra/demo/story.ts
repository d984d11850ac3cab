/** The demo itself: what an app with wallets, payments and a token of its own does. */
import { type Address, createAddressWithSeed, generateKeyPairSigner, type KeyPairSigner } from "@solana/kit";
import {
  getCreateAccountInstruction,
  getCreateAccountWithSeedInstruction,
  getTransferSolInstruction,
  SYSTEM_PROGRAM_ADDRESS,
} from "@solana-program/system";
import {
  findAssociatedTokenPda,
  getCreateAssociatedTokenInstructionAsync,
  getInitializeMint2Instruction,
  getMintSize,
  getMintToInstruction,
  getTransferCheckedInstruction,
  TOKEN_PROGRAM_ADDRESS,
} from "@solana-program/token";
import { type App, SOL } from "./app.ts";
import type { Report } from "./report.ts";

const WALLETS = 20;
const TOKEN_HOLDERS = 5;
const TOKEN_TRANSFERS = 20;
const DECIMALS = 6;
const TOKEN = 10n ** BigInt(DECIMALS);
const AIRDROP = 10n * SOL;

const tokenAccount = async (mint: Address, owner: Address): Promise<Address> =>
  (await findAssociatedTokenPda({ mint, owner, tokenProgram: TOKEN_PROGRAM_ADDRESS }))[0];

/** Everybody pays somebody else, all at once. Amounts differ, so that no two payments are the same transaction. */
function payments(app: App, wallets: readonly KeyPairSigner[], count: number) {
  return Array.from({ length: count }, (_, i) => {
    const source = wallets[i % wallets.length]!;
    const destination = wallets[(i * 7 + 3) % wallets.length]!.address;
    return app.send(source, [getTransferSolInstruction({ source, destination, amount: SOL / 1_000n + BigInt(i) })]);
  });
}

async function createMint(app: App, issuer: KeyPairSigner, mint: KeyPairSigner) {
  const space = BigInt(getMintSize());
  const rent = await app.rpc.getMinimumBalanceForRentExemption(space).send();
  return app.send(issuer, [
    getCreateAccountInstruction({
      payer: issuer,
      newAccount: mint,
      lamports: rent,
      space,
      programAddress: TOKEN_PROGRAM_ADDRESS,
    }),
    getInitializeMint2Instruction({ mint: mint.address, decimals: DECIMALS, mintAuthority: issuer.address }),
  ]);
}

async function openTokenAccount(app: App, issuer: KeyPairSigner, mint: Address, owner: Address) {
  const create = await getCreateAssociatedTokenInstructionAsync({ payer: issuer, mint, owner });
  const token = await tokenAccount(mint, owner);
  return app.send(issuer, [
    create,
    getMintToInstruction({ mint, token, mintAuthority: issuer, amount: 1_000n * TOKEN }),
  ]);
}

async function transferTokens(app: App, mint: Address, from: KeyPairSigner, to: Address, amount: bigint) {
  const source = await tokenAccount(mint, from.address);
  const destination = await tokenAccount(mint, to);
  const transfer = { source, mint, destination, authority: from, amount, decimals: DECIMALS };
  return app.send(from, [getTransferCheckedInstruction(transfer)]);
}

/**
 * Four clicks elsewhere, one signature here, and all of it or nothing: the issuer makes an account of his own for savings,
 * opens a token account for a friend, pays him, and mints him tokens.
 */
async function allAtOnce(app: App, issuer: KeyPairSigner, mint: Address, friend: Address) {
  const seed = "savings";
  const savings = await createAddressWithSeed({
    baseAddress: issuer.address,
    programAddress: SYSTEM_PROGRAM_ADDRESS,
    seed,
  });
  const rent = await app.rpc.getMinimumBalanceForRentExemption(0n).send();
  return app.send(issuer, [
    getCreateAccountWithSeedInstruction({
      payer: issuer,
      newAccount: savings,
      base: issuer.address,
      seed,
      amount: rent,
      space: 0,
      programAddress: SYSTEM_PROGRAM_ADDRESS,
    }),
    await getCreateAssociatedTokenInstructionAsync({ payer: issuer, mint, owner: friend }),
    getTransferSolInstruction({ source: issuer, destination: friend, amount: SOL / 10n }),
    getMintToInstruction({ mint, token: await tokenAccount(mint, friend), mintAuthority: issuer, amount: 50n * TOKEN }),
  ]);
}

/** The first airdrop was refused: without lamports there is nothing to show. */
export class NoFaucet extends Error {
  override readonly name = "NoFaucet";
}

export async function tell(app: App, report: Report, numPayments: number): Promise<void> {
  const wallets = await Promise.all(Array.from({ length: WALLETS }, () => generateKeyPairSigner()));
  const issuer = wallets[0]!;
  const holders = wallets.slice(0, TOKEN_HOLDERS);
  const newcomer = await generateKeyPairSigner();
  const mint = await generateKeyPairSigner();

  const first = app.airdrop(issuer.address, AIRDROP);
  await first.catch((error: Error) => {
    throw new NoFaucet(error.message);
  });
  await report.step(`airdrops, 10 SOL to each of ${WALLETS} new wallets`, [
    first,
    ...wallets.slice(1).map(({ address }) => app.airdrop(address, AIRDROP)),
  ]);
  await report.step("payments in parallel", payments(app, wallets, numPayments));
  await report.step("token mint", [createMint(app, issuer, mint)]);
  await report.step(
    "token accounts, each with 1,000 tokens minted to it",
    holders.map(({ address }) => openTokenAccount(app, issuer, mint.address, address)),
  );
  await report.step(
    "token transfers in parallel",
    Array.from({ length: TOKEN_TRANSFERS }, (_, i) => {
      const to = holders[(i + 1) % holders.length]!.address;
      return transferTokens(app, mint.address, holders[i % holders.length]!, to, TOKEN + BigInt(i));
    }),
  );
  await report.step("account + token account + payment + mint, one signature", [
    allAtOnce(app, issuer, mint.address, newcomer.address),
  ]);
}
