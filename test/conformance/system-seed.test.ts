/** Every System instruction on Agave's runtime and on ours: success and each error path. */
import { type Address, createAddressWithSeed, type Instruction } from "@solana/kit";
import { beforeEach, describe, it } from "vitest";
import type { TransactionErrorJson } from "../../shared/errors/transaction-error.ts";
import { Conformance, SYSTEM, testKey } from "./harness.ts";
import { allocateWithSeed, assignWithSeed, createAccountWithSeed, transferWithSeed } from "./harness-system.ts";

const payer = testKey(1);
const from = testKey(2);
const to = testKey(3);
const program = testKey(4);
const SOL = 10n ** 9n;
const failed = (error: unknown, index = 0): TransactionErrorJson =>
  ({ InstructionError: [index, error] }) as TransactionErrorJson;
const custom = (code: number): TransactionErrorJson => failed({ Custom: code });
const rent = (space: number): bigint => (128n + BigInt(space)) * 6960n;

let c: Conformance;
beforeEach(async () => {
  c = await Conformance.create();
  c.fund(payer, 100n * SOL);
  c.fund(from, 10n * SOL);
});

const run = (instructions: Instruction | Instruction[], error: TransactionErrorJson | null) =>
  c.expect(c.transaction({ payer, instructions: [instructions].flat() }), error);

describe("with seed", () => {
  const seed = "pépin \u{1f331}";
  const derive = (owner: Address = program, s: string | Uint8Array = seed) =>
    createAddressWithSeed({ baseAddress: from, programAddress: owner, seed: s });

  it("create", async () => {
    const address = await derive();
    run(
      createAccountWithSeed(
        [
          [from, "ws"],
          [address, "w"],
        ],
        from,
        seed,
        rent(8),
        8n,
        program,
      ),
      null,
    );
  });
  it("create, base apart from the payer", async () => {
    const address = await derive();
    run(
      createAccountWithSeed(
        [
          [payer, "ws"],
          [address, "w"],
          [from, "rs"],
        ],
        from,
        seed,
        rent(8),
        8n,
        program,
      ),
      null,
    );
    const second = await derive(program, "other");
    run(
      createAccountWithSeed(
        [
          [payer, "ws"],
          [second, "w"],
          [from, "r"],
        ],
        from,
        "other",
        rent(8),
        8n,
        program,
      ),
      failed("MissingRequiredSignature"),
    );
  });
  it("create in use", async () => {
    const address = await derive();
    c.fund(address, SOL);
    run(
      createAccountWithSeed(
        [
          [from, "ws"],
          [address, "w"],
        ],
        from,
        seed,
        rent(8),
        8n,
        program,
      ),
      custom(0),
    );
  });
  it("create at another address", () => {
    run(
      createAccountWithSeed(
        [
          [from, "ws"],
          [to, "w"],
        ],
        from,
        seed,
        rent(8),
        8n,
        program,
      ),
      custom(5),
    );
  });
  it("a seed of 32 and of 33 bytes", async () => {
    const address = await derive(program, "s".repeat(32));
    run(
      createAccountWithSeed(
        [
          [from, "ws"],
          [address, "w"],
        ],
        from,
        "s".repeat(32),
        rent(8),
        8n,
        program,
      ),
      null,
    );
    run(
      createAccountWithSeed(
        [
          [from, "ws"],
          [address, "w"],
        ],
        from,
        "s".repeat(33),
        rent(8),
        8n,
        program,
      ),
      custom(0),
    );
  });
  it("an empty seed", async () => {
    const address = await derive(program, "");
    run(
      allocateWithSeed(
        [
          [address, "w"],
          [from, "rs"],
        ],
        from,
        "",
        3n,
        program,
      ),
      null,
    );
  });
  it("an owner that ends like a derived address", () => {
    const owner = new Uint8Array(32).fill(1);
    owner.set(new TextEncoder().encode("ProgramDerivedAddress"), 11);
    run(
      createAccountWithSeed(
        [
          [from, "ws"],
          [to, "w"],
        ],
        from,
        seed,
        rent(8),
        8n,
        owner,
      ),
      custom(2),
    );
  });
  it("allocate", async () => {
    const address = await derive();
    c.fund(address, SOL);
    run(
      allocateWithSeed(
        [
          [address, "w"],
          [from, "rs"],
        ],
        from,
        seed,
        20n,
        program,
      ),
      null,
    );
    run(
      allocateWithSeed(
        [
          [address, "w"],
          [from, "rs"],
        ],
        from,
        seed,
        20n,
        program,
      ),
      custom(0),
    );
  });
  it("allocate without the base's signature", async () => {
    const address = await derive();
    run(
      allocateWithSeed(
        [
          [address, "w"],
          [from, "r"],
        ],
        from,
        seed,
        20n,
        program,
      ),
      failed("MissingRequiredSignature"),
    );
    run(
      allocateWithSeed(
        [
          [to, "w"],
          [from, "rs"],
        ],
        from,
        seed,
        20n,
        program,
      ),
      custom(5),
    );
    run(allocateWithSeed([], from, seed, 20n, program), failed("MissingAccount"));
  });
  it("allocate too much, and read-only", async () => {
    const address = await derive();
    run(
      allocateWithSeed(
        [
          [address, "w"],
          [from, "rs"],
        ],
        from,
        seed,
        10_485_761n,
        program,
      ),
      custom(3),
    );
    run(
      allocateWithSeed(
        [
          [address, "r"],
          [from, "rs"],
        ],
        from,
        seed,
        1n,
        program,
      ),
      failed("ReadonlyDataModified"),
    );
  });
  it("assign", async () => {
    const address = await derive();
    c.fund(address, SOL);
    run(
      assignWithSeed(
        [
          [address, "w"],
          [from, "r"],
        ],
        from,
        seed,
        program,
      ),
      failed("MissingRequiredSignature"),
    );
    run(
      assignWithSeed(
        [
          [address, "r"],
          [from, "rs"],
        ],
        from,
        seed,
        program,
      ),
      failed("ModifiedProgramId"),
    );
    run(
      assignWithSeed(
        [
          [address, "w"],
          [from, "rs"],
        ],
        from,
        seed,
        program,
      ),
      null,
    );
    run(
      assignWithSeed(
        [
          [address, "w"],
          [from, "r"],
        ],
        from,
        seed,
        program,
      ),
      null,
    );
    run(
      assignWithSeed(
        [
          [to, "w"],
          [from, "rs"],
        ],
        from,
        seed,
        program,
      ),
      custom(5),
    );
    run(assignWithSeed([], from, seed, program), failed("MissingAccount"));
  });
  it("transfer", async () => {
    const address = await derive(SYSTEM);
    c.fund(address, 5n * SOL);
    run(
      transferWithSeed(
        [
          [address, "w"],
          [from, "rs"],
          [to, "w"],
        ],
        SOL,
        seed,
        SYSTEM,
      ),
      null,
    );
    run(
      transferWithSeed(
        [
          [address, "w"],
          [from, "rs"],
          [to, "w"],
        ],
        5n * SOL,
        seed,
        SYSTEM,
      ),
      custom(1),
    );
    run(
      transferWithSeed(
        [
          [address, "w"],
          [from, "r"],
          [to, "w"],
        ],
        SOL,
        seed,
        SYSTEM,
      ),
      failed("MissingRequiredSignature"),
    );
    run(
      transferWithSeed(
        [
          [from, "w"],
          [from, "rs"],
          [to, "w"],
        ],
        SOL,
        seed,
        SYSTEM,
      ),
      custom(5),
    );
    run(
      transferWithSeed(
        [
          [address, "w"],
          [from, "rs"],
          [to, "w"],
        ],
        SOL,
        "other",
        SYSTEM,
      ),
      custom(5),
    );
    run(
      transferWithSeed(
        [
          [address, "w"],
          [from, "rs"],
          [to, "w"],
        ],
        SOL,
        seed,
        program,
      ),
      custom(5),
    );
    run(
      transferWithSeed(
        [
          [address, "w"],
          [from, "rs"],
        ],
        SOL,
        seed,
        SYSTEM,
      ),
      failed("MissingAccount"),
    );
    run(
      transferWithSeed(
        [
          [address, "r"],
          [from, "rs"],
          [to, "w"],
        ],
        SOL,
        seed,
        SYSTEM,
      ),
      failed("ReadonlyLamportChange"),
    );
    run(
      transferWithSeed(
        [
          [address, "w"],
          [from, "rs"],
          [to, "w"],
        ],
        SOL,
        "s".repeat(33),
        SYSTEM,
      ),
      custom(0),
    );
    run(
      transferWithSeed(
        [
          [address, "w"],
          [from, "rs"],
          [to, "w"],
        ],
        4n * SOL,
        seed,
        SYSTEM,
      ),
      null,
    );
  });
  it("transfer from an account with data", async () => {
    const address = await derive(SYSTEM);
    c.setAccount(address, { lamports: SOL, data: new Uint8Array(2) });
    run(
      transferWithSeed(
        [
          [address, "w"],
          [from, "rs"],
          [to, "w"],
        ],
        1n,
        seed,
        SYSTEM,
      ),
      failed("InvalidArgument"),
    );
  });
});
