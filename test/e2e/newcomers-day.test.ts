/** A newcomer's day: each published client does the five things that everybody does first with it, against one running network. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as anchorCore from "@anchor-lang/core";
import * as anchor from "@coral-xyz/anchor";
import { generateSigner, keypairIdentity, publicKey, sol, transactionBuilder } from "@metaplex-foundation/umi";
import { createUmi } from "@metaplex-foundation/umi-bundle-defaults";
import { address, generateKeyPairSigner, isSolanaError, lamports } from "@solana/kit";
import * as token from "@solana/spl-token";
import { Keypair, PublicKey, SystemProgram, sendAndConfirmTransaction, Transaction } from "@solana/web3.js";
import { getCreateAccountInstruction, getTransferSolInstruction } from "@solana-program/system";
import {
  fetchMint,
  fetchToken,
  findAssociatedTokenPda,
  getCreateAssociatedTokenIdempotentInstructionAsync,
  getInitializeMint2Instruction,
  getMintSize,
  getMintToInstruction,
  getTransferCheckedInstruction,
  TOKEN_PROGRAM_ADDRESS,
} from "@solana-program/token";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { genesisAccounts } from "../../infra/genesis/accounts.ts";
import { type Network, startNetwork } from "../../infra/network/index.ts";
import { assemble } from "../../infra/sbpf/assemble.ts";
import { type KitClient, kitClient, rejection, SOL } from "./clients/kit-client.ts";
import { connect, funded, stopped } from "./clients/web3-client.ts";
import { temporaryFolder } from "./start-command.ts";

const PROGRAM = "Hi11111111111111111111111111111111111111111";
const COUNTER = "Counter111111111111111111111111111111111111";

const REFUSAL = "AnchorError occurred. Error Code: NotToday. Error Number: 6000. Error Message: Not today.";
/** Succeeds, or fails as a program of Anchor's when the first byte of the instruction's data is 2. No accounts are passed. */
const GREETER = `
entrypoint:
  ldxb r2, [r1+16]
  mov64 r0, 0
  jne r2, 2, done
  lddw r1, refusal
  mov64 r2, ${REFUSAL.length}
  call sol_log_
  mov64 r0, 6000
done:
  exit
.rodata
refusal: .ascii "${REFUSAL}"`;

const COUNTER_DISCRIMINATOR = [255, 176, 4, 245, 188, 253, 124, 25];
/** As `anchor build` writes it. */
const IDL = {
  address: PROGRAM,
  metadata: { name: "greeter", version: "0.1.0", spec: "0.1.0" },
  instructions: [
    { name: "greet", discriminator: [1, 2, 3, 4, 5, 6, 7, 8], accounts: [], args: [] },
    { name: "refuse", discriminator: [2, 2, 3, 4, 5, 6, 7, 8], accounts: [], args: [] },
  ],
  accounts: [{ name: "Counter", discriminator: COUNTER_DISCRIMINATOR }],
  errors: [{ code: 6000, name: "NotToday", msg: "Not today" }],
  types: [{ name: "Counter", type: { kind: "struct", fields: [{ name: "count", type: "u64" }] } }],
};

let network: Network;
let kit: KitClient;

beforeAll(async () => {
  const folder = temporaryFolder();
  const at = (name: string) => join(folder, name);
  writeFileSync(at("greeter.so"), assemble(GREETER));
  const data = Buffer.from([...COUNTER_DISCRIMINATOR, 42, 0, 0, 0, 0, 0, 0, 0]).toString("base64");
  const account = { lamports: 1e9, data: [data, "base64"], owner: PROGRAM, executable: false, rentEpoch: 0 };
  writeFileSync(at("counter.json"), JSON.stringify({ pubkey: COUNTER, account }));
  const { list } = genesisAccounts([
    { flag: "program", values: [PROGRAM, at("greeter.so")] },
    { flag: "account", values: [at("counter.json")] },
  ]);
  network = await startNetwork({ slotMs: 20, accounts: list! });
  kit = kitClient(network);
});
afterAll(() => stopped(network));

test("kit: airdrop, balance, transfer, subscription, error", async () => {
  const wallet = await kit.funded(3n * SOL);
  expect(await kit.balance(wallet.address)).toBe(3n * SOL);
  const { address: recipient } = await generateKeyPairSigner();
  const signals = new AbortController();
  const changes = await kit.rpcSubscriptions
    .accountNotifications(recipient, { commitment: "confirmed" })
    .subscribe({ abortSignal: signals.signal });
  // What comes before the first look is not kept.
  const change = changes[Symbol.asyncIterator]().next();
  const amount = lamports(SOL);
  const signature = await kit.send(wallet, [
    getTransferSolInstruction({ source: wallet, destination: recipient, amount }),
  ]);
  expect((await change).value!.value.lamports).toBe(SOL);
  signals.abort();
  const options = { maxSupportedTransactionVersion: 0, encoding: "json", commitment: "confirmed" } as const;
  expect((await kit.rpc.getTransaction(signature, options).send())!.meta!.fee).toBe(5_000n);
  const tooMuch = getTransferSolInstruction({ source: wallet, destination: recipient, amount: 100n * SOL });
  expect(isSolanaError(await rejection(kit.send(wallet, [tooMuch])))).toBe(true);
});

test("@solana-program/token: mint, account, tokens, transfer, what is there", async () => {
  const payer = await kit.funded();
  const mint = await generateKeyPairSigner();
  const owner = await generateKeyPairSigner();
  const space = BigInt(getMintSize());
  const rent = await kit.rpc.getMinimumBalanceForRentExemption(space).send();
  const tokenAccount = async (of: string) =>
    (await findAssociatedTokenPda({ mint: mint.address, owner: address(of), tokenProgram: TOKEN_PROGRAM_ADDRESS }))[0];
  const [mine, theirs] = [await tokenAccount(payer.address), await tokenAccount(owner.address)];
  await kit.send(payer, [
    getCreateAccountInstruction({
      payer,
      newAccount: mint,
      lamports: rent,
      space,
      programAddress: TOKEN_PROGRAM_ADDRESS,
    }),
    getInitializeMint2Instruction({ mint: mint.address, decimals: 6, mintAuthority: payer.address }),
    await getCreateAssociatedTokenIdempotentInstructionAsync({ payer, owner: payer.address, mint: mint.address }),
    getMintToInstruction({ mint: mint.address, token: mine, mintAuthority: payer, amount: 1_000_000n }),
  ]);
  await kit.send(payer, [
    await getCreateAssociatedTokenIdempotentInstructionAsync({ payer, owner: owner.address, mint: mint.address }),
    getTransferCheckedInstruction({
      source: mine,
      mint: mint.address,
      destination: theirs,
      authority: payer,
      amount: 250_000n,
      decimals: 6,
    }),
  ]);
  expect((await fetchMint(kit.rpc, mint.address)).data.supply).toBe(1_000_000n);
  expect((await fetchToken(kit.rpc, theirs)).data).toMatchObject({ owner: owner.address, amount: 250_000n });
  expect((await kit.rpc.getTokenAccountBalance(mine).send()).value.uiAmountString).toBe("0.75");
});

test("web3.js 1: airdrop, balance, transfer, subscription, history", async () => {
  const connection = connect(network.rpcUrl);
  const wallet = await funded(connection, 2e9);
  expect(await connection.getBalance(wallet.publicKey)).toBe(2e9);
  const recipient = Keypair.generate().publicKey;
  const changed = new Promise<number>((resolve) => {
    const id = connection.onAccountChange(recipient, ({ lamports: now }) => {
      connection.removeAccountChangeListener(id).catch(() => {});
      resolve(now);
    });
  });
  const transfer = SystemProgram.transfer({ fromPubkey: wallet.publicKey, toPubkey: recipient, lamports: 1e9 });
  const signature = await sendAndConfirmTransaction(connection, new Transaction().add(transfer), [wallet]);
  expect(await changed).toBe(1e9);
  expect((await connection.getSignaturesForAddress(recipient)).map((one) => one.signature)).toEqual([signature]);
  const options = { maxSupportedTransactionVersion: 0 };
  expect((await connection.getParsedTransaction(signature, options))!.transaction.message.instructions).toMatchObject([
    { program: "system", parsed: { type: "transfer", info: { lamports: 1e9 } } },
  ]);
});

test("spl-token: mint, account, tokens, transfer, what is there", async () => {
  const connection = connect(network.rpcUrl);
  const payer = await funded(connection);
  const owner = Keypair.generate();
  const mint = await token.createMint(connection, payer, payer.publicKey, null, 9);
  const mine = await token.getOrCreateAssociatedTokenAccount(connection, payer, mint, payer.publicKey);
  const theirs = await token.getOrCreateAssociatedTokenAccount(connection, payer, mint, owner.publicKey);
  await token.mintTo(connection, payer, mint, mine.address, payer, 10n ** 9n);
  await token.transfer(connection, payer, mine.address, theirs.address, payer, 4n * 10n ** 8n);
  expect((await token.getAccount(connection, theirs.address)).amount).toBe(400_000_000n);
  expect((await token.getMint(connection, mint)).supply).toBe(10n ** 9n);
});

test("umi: airdrop, balance, transfer, account, blockhash", async () => {
  const umi = createUmi(network.rpcUrl, { commitment: "confirmed" });
  const signer = generateSigner(umi);
  umi.use(keypairIdentity(signer));
  await umi.rpc.airdrop(signer.publicKey, sol(2));
  expect((await umi.rpc.getBalance(signer.publicKey)).basisPoints).toBe(2n * SOL);
  const recipient = generateSigner(umi).publicKey;
  const data = new Uint8Array(12);
  new DataView(data.buffer).setUint32(0, 2, true);
  new DataView(data.buffer).setBigUint64(4, SOL, true);
  const keys = [
    { pubkey: signer.publicKey, isSigner: true, isWritable: true },
    { pubkey: recipient, isSigner: false, isWritable: true },
  ];
  const programId = publicKey("11111111111111111111111111111111");
  const instruction = { programId, keys, data };
  const builder = transactionBuilder().add({ instruction, signers: [signer], bytesCreatedOnChain: 0 });
  const { result } = await builder.sendAndConfirm(umi, { confirm: { commitment: "confirmed" } });
  expect(result.value.err).toBeNull();
  const account = await umi.rpc.getAccount(recipient);
  expect(account.exists && account.lamports.basisPoints).toBe(SOL);
  expect((await umi.rpc.getLatestBlockhash()).blockhash).toMatch(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/);
});

/** What both packages of Anchor have in common. */
type Anchor = typeof anchor;

describe.each([
  ["@coral-xyz/anchor", anchor],
  ["@anchor-lang/core", anchorCore as unknown as Anchor],
])("%s", (_, { AnchorError, AnchorProvider, Program, Wallet }) => {
  test("call, simulation, error by its name, account, all accounts", async () => {
    const connection = connect(network.rpcUrl);
    const wallet = new Wallet(await funded(connection));
    const provider = new AnchorProvider(connection, wallet, { commitment: "confirmed" });
    const program = new Program(IDL as never, provider) as unknown as anchor.Program<anchor.Idl>;
    const signature = await program.methods.greet!().rpc();
    expect((await connection.getSignatureStatus(signature)).value).toMatchObject({ err: null });
    const { raw } = await program.methods.greet!().simulate();
    expect(raw).toContain(`Program ${PROGRAM} success`);
    const refused = await rejection(program.methods.refuse!().rpc());
    expect(refused).toBeInstanceOf(AnchorError);
    const { errorCode, errorMessage } = (refused as anchor.AnchorError).error;
    expect({ ...errorCode, errorMessage }).toEqual({ code: "NotToday", number: 6000, errorMessage: "Not today" });
    const counters = program.account as unknown as Record<string, anchor.AccountClient>;
    const counter = (await counters.counter!.fetch(new PublicKey(COUNTER))) as { count: anchor.BN };
    expect(counter.count.toString()).toBe("42");
    expect((await counters.counter!.all()).map((one) => one.publicKey.toBase58())).toEqual([COUNTER]);
  });
});
