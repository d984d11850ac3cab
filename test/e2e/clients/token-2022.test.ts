/**
 * Token-2022 with the published clients, on mainnet's program: mints with each extension, what wallets see of them (jsonParsed), and
 * what the client itself decodes from the same account.
 */
import { type Address, type Base58EncodedBytes, generateKeyPairSigner, type KeyPairSigner } from "@solana/kit";
import {
  amountToUiAmount,
  amountToUiAmountForMintWithoutSimulation,
  getMint,
  getTokenMetadata,
} from "@solana/spl-token";
import { Connection, PublicKey } from "@solana/web3.js";
import { getCreateAccountInstruction } from "@solana-program/system";
import * as client from "@solana-program/token-2022";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Network, startNetwork } from "../../../infra/network/index.ts";
import { type KitClient, kitClient, SOL } from "./kit-client.ts";
import { funded, SOL as SOL_NUMBER, stopped } from "./web3-client.ts";

const PROGRAM = client.TOKEN_2022_PROGRAM_ADDRESS;
const DECIMALS = 2;

let network: Network;
let kit: KitClient;
let payer: KeyPairSigner;
beforeAll(async () => {
  network = await startNetwork({});
  kit = kitClient(network);
  payer = await kit.funded(100n * SOL);
});
afterAll(() => stopped(network));

type Extension = Parameters<typeof client.getMintSize>[0] extends (infer E)[] | undefined ? E : never;

/** Types of the instructions of the transaction that made it, and the mint. */
async function makeMint(extensions: (mint: Address) => Extension[]): Promise<{ mint: Address; types: string[] }> {
  const mint = await generateKeyPairSigner();
  const wanted = extensions(mint.address);
  // The client takes an empty list for the type that goes before extensions.
  const sizeFor = (some: Extension[]) => client.getMintSize(some.length === 0 ? undefined : some);
  const before = wanted.filter(({ __kind }) => !["TokenMetadata", "TokenGroup"].includes(__kind));
  const lamports = await kit.rpc.getMinimumBalanceForRentExemption(BigInt(sizeFor(wanted))).send();
  const signature = await kit.send(payer, [
    getCreateAccountInstruction({
      payer,
      newAccount: mint,
      lamports,
      space: sizeFor(before),
      programAddress: PROGRAM,
    }),
    ...client.getPreInitializeInstructionsForMintExtensions(mint.address, wanted),
    client.getInitializeMint2Instruction({
      mint: mint.address,
      decimals: DECIMALS,
      mintAuthority: payer.address,
      freezeAuthority: payer.address,
    }),
    ...client.getPostInitializeInstructionsForMintExtensions(mint.address, payer, wanted),
  ]);
  return { mint: mint.address, types: (await instructionsOf(signature)).map(({ type }) => type) };
}

/** Parsed instructions of a transaction: the outer ones. */
async function instructionsOf(signature: Base58EncodedBytes | string): Promise<{ type: string; info: object }[]> {
  const found = await kit.rpc
    .getTransaction(signature as never, { encoding: "jsonParsed", maxSupportedTransactionVersion: 0 })
    .send();
  const instructions = found!.transaction.message.instructions as readonly {
    parsed?: { type: string; info: object };
  }[];
  return instructions.map((one) => one.parsed ?? { type: "not parsed", info: {} });
}

// biome-ignore lint/suspicious/noExplicitAny: what wallets find is the test's business.
async function seen(account: Address): Promise<any> {
  const { value } = await kit.rpc.getAccountInfo(account, { encoding: "jsonParsed" }).send();
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  return (value!.data as any).parsed.info;
}

async function holder(mint: Address, amount: bigint, owner: KeyPairSigner = payer): Promise<Address> {
  const [token] = await client.findAssociatedTokenPda({ mint, owner: owner.address, tokenProgram: PROGRAM });
  await kit.send(payer, [
    client.getCreateAssociatedTokenInstruction({
      payer,
      ata: token,
      owner: owner.address,
      mint,
      tokenProgram: PROGRAM,
    }),
    client.getMintToInstruction({ mint, token, mintAuthority: payer, amount }),
  ]);
  return token;
}

const ZEROS = new Uint8Array(64);
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
/** A point of the curve: the base point of ristretto255. */
const ELGAMAL = new PublicKey(Buffer.from("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76", "hex"));

interface Case {
  readonly name: string;
  readonly extensions: (mint: Address) => Extension[];
  readonly shown: (mint: Address) => object[];
  readonly types: string[];
}

const fee = { epoch: 0n, maximumFee: 5_000n, transferFeeBasisPoints: 50 };
const cases = (authority: Address): Case[] => [
  {
    name: "transfer fee",
    extensions: () => [
      client.extension("TransferFeeConfig", {
        transferFeeConfigAuthority: authority,
        withdrawWithheldAuthority: authority,
        withheldAmount: 0n,
        olderTransferFee: fee,
        newerTransferFee: fee,
      }),
    ],
    shown: () => [
      {
        extension: "transferFeeConfig",
        state: {
          transferFeeConfigAuthority: authority,
          withdrawWithheldAuthority: authority,
          withheldAmount: 0n,
          olderTransferFee: fee,
          newerTransferFee: fee,
        },
      },
    ],
    types: ["initializeTransferFeeConfig"],
  },
  {
    name: "non-transferable, close authority, permanent delegate, frozen by default, pausable, hook",
    extensions: () => [
      client.extension("NonTransferable", {}),
      client.extension("MintCloseAuthority", { closeAuthority: authority }),
      client.extension("PermanentDelegate", { delegate: authority }),
      client.extension("DefaultAccountState", { state: client.AccountState.Frozen }),
      client.extension("PausableConfig", { authority, paused: false }),
      client.extension("TransferHook", { authority, programId: "11111111111111111111111111111111" as Address }),
    ],
    shown: () => [
      { extension: "nonTransferable" },
      { extension: "mintCloseAuthority", state: { closeAuthority: authority } },
      { extension: "permanentDelegate", state: { delegate: authority } },
      { extension: "defaultAccountState", state: { accountState: "frozen" } },
      { extension: "pausableConfig", state: { authority, paused: false } },
      { extension: "transferHook", state: { authority, programId: null } },
    ],
    types: [
      "initializeNonTransferableMint",
      "initializeMintCloseAuthority",
      "initializePermanentDelegate",
      "initializeDefaultAccountState",
      "initializePausableConfig",
      "initializeTransferHook",
    ],
  },
  {
    name: "confidential transfers",
    extensions: () => [
      client.extension("ConfidentialTransferMint", {
        authority,
        autoApproveNewAccounts: true,
        auditorElgamalPubkey: ELGAMAL.toBase58() as Address,
      }),
    ],
    shown: () => [
      {
        extension: "confidentialTransferMint",
        state: { authority, autoApproveNewAccounts: true, auditorElgamalPubkey: base64(ELGAMAL.toBytes()) },
      },
    ],
    types: ["initializeConfidentialTransferMint"],
  },
  {
    name: "confidential fees",
    extensions: () => [
      client.extension("TransferFeeConfig", {
        transferFeeConfigAuthority: authority,
        withdrawWithheldAuthority: authority,
        withheldAmount: 0n,
        olderTransferFee: fee,
        newerTransferFee: fee,
      }),
      client.extension("ConfidentialTransferMint", {
        authority: null,
        autoApproveNewAccounts: false,
        auditorElgamalPubkey: null,
      }),
      client.extension("ConfidentialTransferFee", {
        authority,
        elgamalPubkey: ELGAMAL.toBase58() as Address,
        harvestToMintEnabled: true,
        withheldAmount: ZEROS,
      }),
    ],
    shown: () => [
      expect.objectContaining({ extension: "transferFeeConfig" }),
      {
        extension: "confidentialTransferMint",
        state: { authority: null, autoApproveNewAccounts: false, auditorElgamalPubkey: null },
      },
      {
        extension: "confidentialTransferFeeConfig",
        state: {
          authority,
          withdrawWithheldAuthorityElgamalPubkey: base64(ELGAMAL.toBytes()),
          harvestToMintEnabled: true,
          withheldAmount: base64(ZEROS),
        },
      },
    ],
    types: [
      "initializeTransferFeeConfig",
      "initializeConfidentialTransferMint",
      "initializeConfidentialTransferFeeConfig",
    ],
  },
  {
    name: "metadata and a group in the mint itself, and a pointer to a membership",
    extensions: (mint) => [
      client.extension("MetadataPointer", { authority, metadataAddress: mint }),
      client.extension("GroupPointer", { authority, groupAddress: mint }),
      client.extension("GroupMemberPointer", { authority, memberAddress: null }),
      client.extension("TokenMetadata", {
        updateAuthority: authority,
        mint,
        name: "Edge",
        symbol: "EDGE",
        uri: "https://example.com/edge.json",
        additionalMetadata: new Map(),
      }),
      client.extension("TokenGroup", { updateAuthority: authority, mint, size: 0, maxSize: 10 }),
    ],
    shown: (mint) => [
      { extension: "metadataPointer", state: { authority, metadataAddress: mint } },
      { extension: "groupPointer", state: { authority, groupAddress: mint } },
      { extension: "groupMemberPointer", state: { authority, memberAddress: null } },
      {
        extension: "tokenMetadata",
        state: {
          updateAuthority: authority,
          mint,
          name: "Edge",
          symbol: "EDGE",
          uri: "https://example.com/edge.json",
          additionalMetadata: [],
        },
      },
      { extension: "tokenGroup", state: { updateAuthority: authority, mint, size: 0n, maxSize: 10n } },
    ],
    types: [
      "initializeMetadataPointer",
      "initializeGroupPointer",
      "initializeGroupMemberPointer",
      "initializeTokenMetadata",
      "initializeTokenGroup",
    ],
  },
];

test("each mint shows its extensions, and each instruction that made it its name", async () => {
  const connection = new Connection(network.rpcUrl, "confirmed");
  for (const one of cases(payer.address)) {
    const { mint, types } = await makeMint(one.extensions);
    expect((await seen(mint)).extensions, one.name).toEqual(one.shown(mint));
    expect(
      types.filter((type) => !/^createAccount$|^initializeMint2$/.test(type)),
      one.name,
    ).toEqual(one.types);
    const decoded = (await client.fetchMint(kit.rpc, mint)).data.extensions;
    expect(decoded, one.name).toMatchObject({
      __option: "Some",
      value: one.extensions(mint).map(({ __kind }) => ({ __kind })),
    });
    const legacy = await getMint(connection, new PublicKey(mint), "confirmed", new PublicKey(PROGRAM));
    expect(legacy.decimals).toBe(DECIMALS);
    if (types.includes("initializeTokenMetadata"))
      expect(await getTokenMetadata(connection, new PublicKey(mint))).toMatchObject({ name: "Edge", symbol: "EDGE" });
  }
});

describe("amounts", () => {
  test("a multiplier of 2.5, everywhere; a transaction's balances stay raw", async () => {
    const { mint, types } = await makeMint(() => [
      client.extension("ScaledUiAmountConfig", {
        authority: payer.address,
        multiplier: 2.5,
        newMultiplier: 2.5,
        newMultiplierEffectiveTimestamp: 0n,
      }),
    ]);
    expect(types).toContain("initializeScaledUiAmountConfig");
    const token = await holder(mint, 1_000n);
    const amount = { amount: "1000", decimals: 2, uiAmount: 25, uiAmountString: "25" };
    expect((await kit.rpc.getTokenAccountBalance(token).send()).value).toEqual(amount);
    expect((await kit.rpc.getTokenSupply(mint).send()).value).toEqual(amount);
    expect((await kit.rpc.getTokenLargestAccounts(mint).send()).value).toEqual([{ address: token, ...amount }]);
    const owned = await kit.rpc.getTokenAccountsByOwner(payer.address, { mint }, { encoding: "jsonParsed" }).send();
    expect(owned.value[0]!.account.data.parsed.info.tokenAmount).toEqual(amount);
    expect((await seen(token)).extensions).toEqual([{ extension: "immutableOwner" }]);
    expect(await client.amountToUiAmountForMintWithoutSimulation(kit.rpc, mint, 1_000n)).toBe("25");
    const connection = new Connection(network.rpcUrl, "confirmed");
    expect(await amountToUiAmountForMintWithoutSimulation(connection, new PublicKey(mint), 1_000n)).toBe("25");
    const asked = await funded(connection, SOL_NUMBER);
    const program = new PublicKey(PROGRAM);
    expect(await amountToUiAmount(connection, asked, new PublicKey(mint), 1_000n, program)).toBe("25");

    const stop = new AbortController();
    const told = await kit.rpcSubscriptions
      .accountNotifications(token, { commitment: "confirmed", encoding: "jsonParsed" })
      .subscribe({ abortSignal: stop.signal });
    // The client drops what comes before somebody waits.
    const next = told[Symbol.asyncIterator]().next();
    const signature = await kit.send(payer, [
      client.getBurnInstruction({ account: token, mint, authority: payer, amount: 200n }),
    ]);
    const notified = (await next).value.value.data;
    expect(notified.parsed.info.tokenAmount).toEqual({
      amount: "800",
      decimals: 2,
      uiAmount: 20,
      uiAmountString: "20",
    });
    stop.abort();
    const found = await kit.rpc
      .getTransaction(signature, { encoding: "jsonParsed", maxSupportedTransactionVersion: 0 })
      .send();
    expect(found!.meta!.postTokenBalances![0]!.uiTokenAmount).toEqual({
      amount: "800",
      decimals: 2,
      uiAmount: 8,
      uiAmountString: "8",
    });
  });
});

test("an associated account's creation names the extensions that it asks for", async () => {
  const { mint } = await makeMint(() => []);
  const [ata] = await client.findAssociatedTokenPda({ mint, owner: payer.address, tokenProgram: PROGRAM });
  const signature = await kit.send(payer, [
    client.getCreateAssociatedTokenInstruction({ payer, ata, owner: payer.address, mint, tokenProgram: PROGRAM }),
  ]);
  const found = await kit.rpc
    .getTransaction(signature, { encoding: "jsonParsed", maxSupportedTransactionVersion: 0 })
    .send();
  const [group] = found!.meta!.innerInstructions as unknown as {
    instructions: { parsed: { type: string; info: object } }[];
  }[];
  expect(group!.instructions.map(({ parsed }) => parsed.type)).toEqual([
    "getAccountDataSize",
    "createAccount",
    "initializeImmutableOwner",
    "initializeAccount3",
  ]);
  expect(group!.instructions[0]!.parsed.info).toEqual({ mint, extensionTypes: ["immutableOwner"] });
});

test("an account's own extensions, and the instructions that switch them", async () => {
  const { mint } = await makeMint(() => [
    client.extension("TransferFeeConfig", {
      transferFeeConfigAuthority: payer.address,
      withdrawWithheldAuthority: payer.address,
      withheldAmount: 0n,
      olderTransferFee: fee,
      newerTransferFee: fee,
    }),
  ]);
  const from = await holder(mint, 10_000n);
  const other = await generateKeyPairSigner();
  const to = await holder(mint, 0n, other);
  const types = [client.ExtensionType.MemoTransfer, client.ExtensionType.CpiGuard];
  const signature = await kit.send(payer, [
    client.getReallocateInstruction({ token: from, payer, owner: payer, newExtensionTypes: types }),
    client.getEnableMemoTransfersInstruction({ token: from, owner: payer }),
    client.getEnableCpiGuardInstruction({ token: from, owner: payer }),
    client.getTransferCheckedWithFeeInstruction({
      source: from,
      mint,
      destination: to,
      authority: payer,
      amount: 1_000n,
      decimals: DECIMALS,
      fee: 5n,
    }),
    client.getHarvestWithheldTokensToMintInstruction({ mint, sources: [to] }),
    client.getSetAuthorityInstruction({
      owned: mint,
      owner: payer,
      authorityType: client.AuthorityType.WithheldWithdraw,
      newAuthority: null,
    }),
  ]);
  const instructions = await instructionsOf(signature);
  expect(instructions.map(({ type }) => type)).toEqual([
    "reallocate",
    "enableRequiredMemoTransfers",
    "enableCpiGuard",
    "transferCheckedWithFee",
    "harvestWithheldTokensToMint",
    "setAuthority",
  ]);
  expect(instructions[0]!.info).toMatchObject({ extensionTypes: ["memoTransfer", "cpiGuard"] });
  expect(instructions[3]!.info).toMatchObject({ feeAmount: { amount: "5", uiAmountString: "0.05" } });
  expect(instructions[5]!.info).toMatchObject({ mint, authorityType: "withheldWithdraw", newAuthority: null });
  expect((await seen(from)).extensions).toEqual([
    { extension: "immutableOwner" },
    { extension: "transferFeeAmount", state: { withheldAmount: 0n } },
    { extension: "memoTransfer", state: { requireIncomingTransferMemos: true } },
    { extension: "cpiGuard", state: { lockCpi: true } },
  ]);
  expect((await seen(mint)).extensions[0].state).toMatchObject({ withheldAmount: 5n, withdrawWithheldAuthority: null });
});
