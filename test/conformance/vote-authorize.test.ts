/** Who may vote and withdraw: Authorize in its four forms, with BLS keys, here and on Agave's runtime. */
import { createHash } from "node:crypto";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import type { Instruction } from "@solana/kit";
import { beforeEach, describe, expect, it } from "vitest";
import { type Key, keyAddress, keyBytes, SYSTEM } from "./harness.ts";
import { type Accounts, u32 } from "./harness-system.ts";
import { failed } from "./loader-fixture.ts";
import {
  authorize,
  authorizeChecked,
  authorizeCheckedWithSeed,
  authorizeWithSeed,
  EPOCH,
  limit,
  node,
  other,
  payer,
  type Role,
  signedBy,
  UNITS,
  VOTE,
  VOTE_SIZE,
  VOTER,
  VoteWorld,
  vote,
  voteIx,
  voter,
  voteState,
  WITHDRAWER,
  withdrawer,
} from "./vote-fixture.ts";

let w: VoteWorld;
beforeEach(async () => {
  w = await VoteWorld.create();
  w.set();
});
const SIGNATURE = failed("MissingRequiredSignature");
const TOO_SOON = failed({ Custom: 5 });

describe("Authorize", () => {
  it("lets the voter or the withdrawer name the voter of the epoch after the next, once an epoch", () => {
    w.run(authorize(signedBy(other), other, VOTER), SIGNATURE);
    w.run(authorize(signedBy(voter), other, VOTER));
    w.run(authorize(signedBy(voter), other, VOTER), TOO_SOON);
    w.c.skip(EPOCH);
    w.run(authorize(signedBy(other), payer, VOTER), SIGNATURE);
    w.run(authorize(signedBy(withdrawer), payer, VOTER));
    w.c.skip(EPOCH);
    w.run(authorize(signedBy(voter), voter, VOTER), SIGNATURE);
    w.run(authorize(signedBy(other), voter, VOTER));
  });
  it("forgets voters of epochs before the last one", () => {
    w.c.skip(10 * EPOCH);
    w.set({
      voters: [
        [3n, other],
        [8n, payer],
        [9n, voter],
        [11n, withdrawer],
      ],
    });
    w.run(authorize(signedBy(voter), other, VOTER));
    const voters = new DataView(w.data().buffer, w.data().byteOffset + 4 + 140 + 1 + 8 + 1);
    expect(Number(voters.getBigUint64(0, true))).toBe(4);
    expect([8, 48, 88, 128].map((at) => Number(voters.getBigUint64(at, true)))).toEqual([9, 10, 11, 12]);
  });
  it("has no voter where the list begins later or is empty", () => {
    w.set({ voters: [[5n, voter]] });
    w.run(authorize(signedBy(voter), other, VOTER), failed("InvalidAccountData"));
    w.set({ voters: [] });
    w.run(authorize(signedBy(withdrawer), other, VOTER), failed("InvalidAccountData"));
    w.run(authorize(signedBy(withdrawer), other, WITHDRAWER));
  });
  it("lets only the withdrawer name the withdrawer, at any time", () => {
    w.run(authorize(signedBy(voter), other, WITHDRAWER), SIGNATURE);
    w.run(authorize(signedBy(withdrawer), other, WITHDRAWER));
    w.run(authorize(signedBy(withdrawer), payer, WITHDRAWER), SIGNATURE);
    w.run(authorize(signedBy(other), payer, WITHDRAWER));
  });
  it("reads voters that are not in order, the later of two of an epoch", () => {
    w.set({
      voters: [
        [4n, withdrawer],
        [0n, other],
        [0n, voter],
        [1n, payer],
      ],
    });
    w.run(authorize(signedBy(other), other, VOTER), SIGNATURE);
    w.run(authorize(signedBy(voter), other, VOTER));
  });
  it("checks the Clock, the role, the state", () => {
    w.run(authorize([[vote, "w"]], other, VOTER), failed("MissingAccount"));
    w.run(
      authorize(
        [
          [vote, "w"],
          [voter, "rs"],
        ],
        other,
        VOTER,
      ),
      failed("InvalidArgument"),
    );
    w.run(authorize(signedBy(withdrawer), other, u32(3)), failed("InvalidInstructionData"));
    w.set(new Uint8Array(VOTE_SIZE));
    w.run(authorize(signedBy(withdrawer), other, VOTER), failed("InvalidAccountData"));
    w.set({ version: 2, voters: [] });
    w.run(authorize(signedBy(withdrawer), other, VOTER), failed("UninitializedAccount"));
  });
});

describe("AuthorizeChecked", () => {
  it("asks the new authority to sign", () => {
    w.run(authorizeChecked(signedBy(voter), VOTER), failed("MissingAccount"));
    w.run(authorizeChecked([...signedBy(voter), [other, "r"]], VOTER), SIGNATURE);
    w.run(authorizeChecked(signedBy(voter, other), VOTER));
    w.run(authorizeChecked(signedBy(withdrawer, other), WITHDRAWER));
    w.run(authorizeChecked(signedBy(withdrawer, payer), WITHDRAWER), SIGNATURE);
    w.run(
      authorizeChecked(
        [
          [vote, "w"],
          [voter, "rs"],
          [voter, "rs"],
          [other, "rs"],
        ],
        VOTER,
      ),
      failed("InvalidArgument"),
    );
  });
});

describe("an authority that is derived from a key", () => {
  const derive = (base: Key, seed: string, owner: Key): Key =>
    keyAddress(
      new Uint8Array(createHash("sha256").update(keyBytes(base)).update(seed).update(keyBytes(owner)).digest()),
    );
  const seeded = (role: Role, seed = "stake", owner: Key = SYSTEM) =>
    authorizeWithSeed(signedBy(payer), role, owner, seed, other);
  it("is signed for by that key", () => {
    w.set({ voters: [[0n, derive(payer, "stake", SYSTEM)]] });
    w.run(seeded(VOTER, "stick"), SIGNATURE);
    w.run(seeded(VOTER));
    w.set({ voters: [[0n, derive(payer, "", VOTE)]] });
    w.run(authorizeCheckedWithSeed(signedBy(payer), VOTER, VOTE, ""), failed("MissingAccount"));
    w.run(authorizeCheckedWithSeed([...signedBy(payer), [other, "r"]], VOTER, VOTE, ""), SIGNATURE);
    w.run(authorizeCheckedWithSeed(signedBy(payer, other), VOTER, VOTE, ""));
  });
  it("can be the withdrawer", () => {
    const derived = derive(payer, "ä", SYSTEM);
    w.run(authorize(signedBy(withdrawer), derived, WITHDRAWER));
    w.run(seeded(WITHDRAWER, "ä"));
    w.run(seeded(WITHDRAWER, "ä"), SIGNATURE);
    w.run(authorizeCheckedWithSeed(signedBy(other, voter), WITHDRAWER, SYSTEM, "x"), SIGNATURE);
  });
  it("does not count the signers themselves, nor a base that has not signed", () => {
    w.run(authorizeWithSeed([...signedBy(withdrawer), [voter, "rs"]], VOTER, SYSTEM, "stake", other), SIGNATURE);
    w.set({ voters: [[0n, derive(other, "stake", SYSTEM)]] });
    const [account, clock] = signedBy();
    w.run(authorizeWithSeed([account!, clock!, [other, "r"]], VOTER, SYSTEM, "stake", payer), SIGNATURE);
  });
  it("checks seed, owner and accounts", () => {
    w.run(seeded(VOTER, "x".repeat(33)), failed({ Custom: 0 }));
    w.run(seeded(VOTER, "x".repeat(32)), SIGNATURE);
    const pda = new Uint8Array(32).fill(1);
    pda.set(new TextEncoder().encode("ProgramDerivedAddress"), 11);
    w.run(seeded(VOTER, "x", pda), failed({ Custom: 2 }));
    const unsigned = authorizeWithSeed([...signedBy(), [other, "r"]], VOTER, pda, "x".repeat(33), other);
    w.run(unsigned, SIGNATURE);
    w.run(authorizeWithSeed(signedBy(), VOTER, SYSTEM, "x", other), failed("MissingAccount"));
    w.run(
      authorizeWithSeed(
        [
          [vote, "w"],
          [payer, "rs"],
          [payer, "rs"],
        ],
        VOTER,
        SYSTEM,
        "x",
        other,
      ),
      failed("InvalidArgument"),
    );
    const notText = authorizeWithSeed(signedBy(payer), VOTER, SYSTEM, Uint8Array.of(0xc0, 0x80), other);
    w.run(notText, failed("InvalidInstructionData"));
    const long = authorizeWithSeed(signedBy(payer), VOTER, SYSTEM, "x", other);
    w.run({ ...long, data: long.data!.slice(0, -1) }, failed("InvalidInstructionData"));
    w.run(seeded(u32(7)), failed("InvalidInstructionData"));
  });
});

describe("a voter with a BLS key", () => {
  const { G1, G2, fields, longSignatures } = bls12_381;
  const DST = "BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
  const secret = fields.Fr.toBytes(0x1234567890abcdefn);
  const publicKey = longSignatures.getPublicKey(secret).toBytes();
  const text = (s: string): Uint8Array => new TextEncoder().encode(s);
  const messageOf = (key: Uint8Array, account: Key = vote): Uint8Array =>
    Uint8Array.from([...text("ALPENGLOW"), ...keyBytes(account), ...key]);
  const prove = (message: Uint8Array, tag = DST): Uint8Array =>
    longSignatures.sign(longSignatures.hash(message, tag), secret).toBytes();
  const withBls = (key: ArrayLike<number>, proof: ArrayLike<number>): number[] => [
    ...u32(2),
    ...Array.from(key),
    ...Array.from(proof),
  ];
  const proven = withBls(publicKey, prove(messageOf(publicKey)));
  // Without a limit of its own, an instruction of Vote has 3,000 compute units; the runtime that is compared with gives it 200,000.
  const run = (ix: Instruction, error: unknown = null, units = 200_000) =>
    w.run([limit(units), ix], error === null ? null : failed(error, 1));
  const refused = (role: number[]) => run(authorize(signedBy(voter), other, role), "InvalidArgument");
  const INFINITY_1 = [0xc0, ...new Array<number>(47).fill(0)];
  const INFINITY_2 = [0xc0, ...new Array<number>(95).fill(0)];

  it("proves that it has the secret key, for 34,500 compute units", () => {
    const { ours } = run(authorize(signedBy(voter), other, proven));
    expect(ours.computeUnits).toBe(150 + UNITS + 34_500);
    expect(w.data().slice(144, 145 + 48)).toEqual(Uint8Array.from([1, ...publicKey]));
    run(authorize(signedBy(voter), other, proven), { Custom: 5 });
  });
  it("is followed by voters with BLS keys only", () => {
    w.set({ blsKey: publicKey });
    run(authorize(signedBy(voter), other, VOTER), "InvalidInstructionData");
    run(authorizeChecked(signedBy(voter, other), VOTER), "InvalidInstructionData");
    run(authorize(signedBy(withdrawer), other, WITHDRAWER));
    run(authorizeChecked(signedBy(voter, other), proven));
  });
  it("proves it for this account, this key and this purpose", () => {
    refused(withBls(publicKey, prove(messageOf(publicKey, other))));
    refused(withBls(publicKey, prove(messageOf(publicKey.slice().fill(1)))));
    refused(withBls(publicKey, prove(publicKey)));
    refused(withBls(publicKey, prove(messageOf(publicKey), "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_")));
    refused(withBls(G1.Point.BASE.toBytes(), prove(messageOf(G1.Point.BASE.toBytes()))));
  });
  it("has points of the groups, not infinity", () => {
    const proof = prove(messageOf(publicKey));
    refused(withBls(INFINITY_1, INFINITY_2));
    refused(withBls(INFINITY_1, proof));
    refused(withBls(publicKey, INFINITY_2));
    refused(
      withBls(
        publicKey.map((byte, i) => (i ? byte : byte & 0x7f)),
        proof,
      ),
    );
    refused(
      withBls(
        publicKey.map((byte, i) => (i ? byte : byte ^ 0x20)),
        proof,
      ),
    );
    refused(
      withBls(
        publicKey,
        proof.map((byte, i) => (i ? byte : byte ^ 0x20)),
      ),
    );
    refused(withBls(new Array<number>(48).fill(0x9f), proof));
    refused(withBls([0x80, ...new Array<number>(46).fill(0), 4], proof));
    refused(withBls(publicKey, [0x80, ...new Array<number>(94).fill(0), 3]));
    refused(withBls(publicKey, G2.Point.BASE.toBytes()));
  });
  it("is checked before the signature, after the state and the role, and paid for also when refused", () => {
    const bad = withBls(publicKey, INFINITY_2);
    const { ours } = run(authorize(signedBy(other), other, bad), "InvalidArgument");
    expect(ours.computeUnits).toBe(150 + UNITS + 34_500);
    run(authorize(signedBy(other), other, proven), "MissingRequiredSignature");
    run(authorize(signedBy(voter), other, bad.slice(0, -1)), "InvalidInstructionData");
    w.set(new Uint8Array(VOTE_SIZE));
    run(authorize(signedBy(other), other, bad), "InvalidAccountData");
  });
  it("is not proven without compute units", () => {
    run(authorize(signedBy(voter), other, proven), "ComputationalBudgetExceeded", 150 + UNITS + 34_499);
    run(authorize(signedBy(voter), other, proven), null, 150 + UNITS + 34_500);
  });
  it("cannot be there from the beginning: InitializeAccountV2 is not active", () => {
    w.set(new Uint8Array(VOTE_SIZE));
    const init = [
      ...keyBytes(node),
      ...keyBytes(voter),
      ...publicKey,
      ...prove(messageOf(publicKey)),
      ...keyBytes(withdrawer),
      ...[1, 0, 2, 0],
    ];
    const accounts: Accounts = [
      [vote, "w"],
      [node, "rs"],
      [vote, "w"],
      [vote, "w"],
    ];
    run(voteIx(accounts, [...u32(16), ...init]), "InvalidInstructionData");
  });
  it("can be any message's point: twenty accounts", () => {
    for (let i = 0; i < 20; i++) {
      const account = keyAddress(Uint8Array.from({ length: 32 }, (_, j) => (i * 37 + j * 11 + 5) & 255));
      w.c.setAccount(account, { lamports: 10n ** 9n, data: voteState(), owner: VOTE });
      const role = withBls(publicKey, prove(messageOf(publicKey, account)));
      const [, ...rest] = signedBy(voter);
      run(authorize([[account, "w"], ...rest], other, role));
    }
  });
});
