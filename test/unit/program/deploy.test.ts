/** Deployments against Agave's runtime: the loader itself says whether the transactions are right. */
import {
  type Address,
  address,
  appendTransactionMessageInstruction,
  createTransactionMessage,
  generateKeyPairSigner,
  getCompiledTransactionMessageDecoder,
  getTransactionDecoder,
  type KeyPairSigner,
  lamports,
  pipe,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
} from "@solana/kit";
import { FailedTransactionMetadata } from "litesvm";
import { beforeEach, describe, expect, it } from "vitest";
import { type DeployRequest, deployProgram, derivedBuffer, writeBuffer } from "../../../infra/program/deploy.ts";
import { ProgramError } from "../../../infra/program/errors.ts";
import { LOADER_V3, WRITE_CHUNK } from "../../../infra/program/loader.ts";
import { changeAuthority, closeAccount, extend, programBytes, show } from "../../../infra/program/manage.ts";
import { missingChunks } from "../../../infra/program/uploader.ts";
import { LiteChain } from "./lite-chain.ts";

const MEMO = address("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");
const TOKEN = address("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA");
const SEED = new Uint8Array(32).fill(7);

/** The ELF of a program that litesvm brings along. */
async function elfOf(program: Address): Promise<Uint8Array> {
  return programBytes(await show(new LiteChain(), program));
}
const memo = await elfOf(MEMO);
const token = await elfOf(TOKEN);

let chain: LiteChain;
let payer: KeyPairSigner;
let id: KeyPairSigner;
let progress: [number, number][];

beforeEach(async () => {
  chain = new LiteChain();
  payer = await generateKeyPairSigner();
  id = await generateKeyPairSigner();
  chain.fund(payer);
  progress = [];
});

const report = { progress: (there: number, all: number) => void progress.push([there, all]), say: () => {} };
function run(request: Partial<DeployRequest> = {}) {
  return deployProgram(chain, { elf: memo, payer, authority: payer, program: id, ...request }, SEED, report);
}
async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ProgramError) return error.code;
    throw error;
  }
  throw new Error("nothing was refused");
}

/** The program's logs when it is called with these bytes. */
async function call(program: Address, data: Uint8Array): Promise<string[]> {
  const message = pipe(
    createTransactionMessage({ version: 0 }),
    (m) => setTransactionMessageFeePayerSigner(payer, m),
    (m) =>
      setTransactionMessageLifetimeUsingBlockhash(
        { blockhash: chain.svm.latestBlockhash(), lastValidBlockHeight: 1_000n } as never,
        m,
      ),
    (m) => appendTransactionMessageInstruction({ programAddress: program, accounts: [], data }, m),
  );
  const result = chain.svm.sendTransaction((await signTransactionMessageWithSigners(message)) as never);
  return result instanceof FailedTransactionMetadata ? result.meta().logs() : result.logs();
}
const hello = new TextEncoder().encode("hello");

describe("a deployment", () => {
  it("leaves a program that runs, its ELF as it was, nothing of the buffer", async () => {
    const done = await run();
    expect(done).toMatchObject({ program: id.address, upgraded: false, writes: Math.ceil(memo.length / 1_012) });
    expect(await call(id.address, hello)).toContain("Program log: hello");
    const shown = await show(chain, id.address);
    expect(shown).toMatchObject({ kind: "upgradeable program", authority: payer.address, owner: LOADER_V3 });
    expect(Buffer.from(shown.bytes).equals(memo)).toBe(true);
    expect(await chain.account((await derivedBuffer(chain, SEED, id.address, memo)).address)).toBeNull();
    expect(progress.at(0)).toEqual([0, done.writes]);
    expect(progress.at(-1)).toEqual([done.writes, done.writes]);
  });

  it("sends what the Solana CLI sends: one creation, writes of 1,012 bytes that fill a transaction, one deployment", async () => {
    await run();
    // On a slow machine some are sent again, with another blockhash.
    const content = (wire: Uint8Array): string => {
      const { messageBytes } = getTransactionDecoder().decode(wire);
      const { lifetimeToken: _, ...rest } = getCompiledTransactionMessageDecoder().decode(messageBytes) as object & {
        lifetimeToken?: string;
      };
      return JSON.stringify(rest);
    };
    const wires = [...new Map(chain.received.map((wire) => [content(wire), wire])).values()];
    const messages = wires.map((wire) => getTransactionDecoder().decode(wire));
    expect(messages.length).toBe(2 + Math.ceil(memo.length / WRITE_CHUNK));
    // Many are signed at once: the last one may leave before another.
    const sizes = wires.slice(1, -1).map(({ length }) => length);
    const last = 1_232 - WRITE_CHUNK + (memo.length % WRITE_CHUNK);
    expect(sizes.sort((a, b) => b - a)).toEqual([...sizes.slice(1).map(() => 1_232), last]);
    expect(messages.map(({ signatures }) => Object.keys(signatures).length)).toEqual([
      2,
      ...messages.slice(1, -1).map(() => 1),
      2,
    ]);
  });

  it("keeps many writes under way, within its limit", async () => {
    await run({ elf: token });
    expect(chain.mostAtOnce).toBeGreaterThan(8);
    expect(chain.mostAtOnce).toBeLessThanOrEqual(32);
  });

  it("with an authority of its own: two signatures on each write, and smaller ones", async () => {
    const authority = await generateKeyPairSigner();
    const done = await run({ authority });
    expect(done.writes).toBe(Math.ceil(memo.length / 916));
    expect((await show(chain, id.address)).authority).toBe(authority.address);
    expect(chain.received[1]!.length).toBe(1_232);
  });

  it("ends on an idle chain whose clock is paused: the next transaction is in a later slot anyway", async () => {
    chain.paused = true;
    expect(await run()).toMatchObject({ program: id.address, upgraded: false });
  });

  it("takes room to grow with it, and can be final", async () => {
    await run({ maxLength: 200_000, final: true });
    const shown = await show(chain, id.address);
    expect(shown.bytes.length).toBe(200_000);
    expect(Buffer.from(programBytes(shown)).equals(memo)).toBe(true);
    expect(shown.authority).toBeNull();
    expect(await codeOf(run({ elf: token, program: id.address }))).toBe("final");
  });
});

describe("an interrupted deployment", () => {
  it("continues where it was: only missing chunks are written", async () => {
    chain.fate = (n) => (n < 20 ? "lands" : "breaks the line");
    await expect(run({ elf: token })).rejects.toThrow("the line broke");
    const before = chain.received.length;
    chain.fate = () => "lands";
    progress = [];
    const all = Math.ceil(token.length / WRITE_CHUNK);
    const { writes } = await run({ elf: token });
    expect(writes).toBe(all - 19);
    expect(progress[0]).toEqual([19, all]);
    // The writes that were missing, and the deployment: the buffer was there.
    expect(chain.received.length - before).toBe(all - 19 + 1);
    expect((await show(chain, id.address)).kind).toBe("upgradeable program");
  });

  it("needs lamports only for what is missing", async () => {
    const rent = (bytes: number) => chain.svm.minimumBalanceForRentExemption(BigInt(bytes));
    const authority = await generateKeyPairSigner();
    const poor = await generateKeyPairSigner();
    // Enough for two signatures on each write, not enough for as many again.
    const writes = Math.ceil(token.length / 916);
    const fees = BigInt(writes * 2 + 13) * 5_000n;
    chain.svm.airdrop(poor.address, lamports(rent(45 + token.length) + rent(36) + rent(0) + fees));
    chain.fate = (n) => (n < writes - 2 ? "lands" : "breaks the line");
    await expect(run({ elf: token, payer: poor, authority })).rejects.toThrow("the line broke");
    chain.fate = () => "lands";
    expect((await run({ elf: token, payer: poor, authority })).writes).toBe(3);
  });

  it("another file has another buffer, and leaves that of the first alone", async () => {
    chain.fate = (n) => (n < 20 ? "lands" : "breaks the line");
    await expect(run({ elf: token })).rejects.toThrow("the line broke");
    chain.fate = () => "lands";
    expect((await run()).writes).toBe(Math.ceil(memo.length / WRITE_CHUNK));
    const left = await derivedBuffer(chain, SEED, id.address, token);
    expect((await show(chain, left.address)).kind).toBe("buffer");
    const before = (await chain.account(payer.address))!.lamports;
    await closeAccount(chain, { payer, authority: payer }, left.address, payer.address, false);
    expect(await chain.account(left.address)).toBeNull();
    expect((await chain.account(payer.address))!.lamports).toBeGreaterThan(before);
  });

  it("transactions that the network loses are signed anew when their blockhash has expired", async () => {
    chain.fate = (n) => (n % 3 === 1 && n < 60 ? "is lost" : "lands");
    const { writes } = await run({ elf: token });
    expect(writes).toBe(Math.ceil(token.length / WRITE_CHUNK));
    expect(chain.received.length).toBeGreaterThan(writes + 2 + 19);
    expect(Buffer.from((await show(chain, id.address)).bytes).equals(token)).toBe(true);
  });

  it("a write that fails on the chain ends it with the chain's words", async () => {
    const stranger = await generateKeyPairSigner();
    chain.fate = (n) => {
      if (n === 5) {
        // Somebody takes the buffer away meanwhile.
        const account = chain.svm.getAccount(buffer.address);
        if (account.exists) chain.svm.setAccount({ ...account, programAddress: stranger.address });
      }
      return "lands";
    };
    const buffer = await derivedBuffer(chain, SEED, id.address, token);
    await expect(run({ elf: token })).rejects.toMatchObject({ code: "failed", message: /writing \d+ failed/ });
  });
});

describe("an upgrade", () => {
  it("replaces the program; a shorter one leaves zeros behind it", async () => {
    await run({ elf: token });
    const done = await run({ elf: memo, program: id.address });
    expect(done).toMatchObject({ upgraded: true, program: id.address });
    const shown = await show(chain, id.address);
    expect(shown.bytes.length).toBe(token.length);
    expect(Buffer.from(programBytes(shown)).equals(memo)).toBe(true);
    expect(await call(id.address, hello)).toContain("Program log: hello");
  });

  it("extends the program data first when the new program is longer", async () => {
    await run({ elf: memo });
    await run({ elf: token, program: id.address });
    const shown = await show(chain, id.address);
    expect(Buffer.from(shown.bytes.subarray(0, token.length)).equals(token)).toBe(true);
  });

  it("the same command again upgrades", async () => {
    await run();
    expect((await run()).upgraded).toBe(true);
  });

  it("from a buffer that was written before", async () => {
    await run();
    const { buffer, writes } = await writeBuffer(chain, { elf: memo, payer, authority: payer }, SEED, report);
    expect(writes).toBe(Math.ceil(memo.length / WRITE_CHUNK));
    expect((await run({ program: id.address, buffer })).writes).toBe(0);
  });
});

describe("a buffer that is longer than the program, with zeros behind it", () => {
  const padded = new Uint8Array(memo.length + 30_000);
  padded.set(memo);

  it("is deployed from, and upgraded from: the program data are as long", async () => {
    const { buffer } = await writeBuffer(chain, { elf: padded, payer, authority: payer }, SEED, report);
    expect((await run({ buffer })).writes).toBe(0);
    expect((await show(chain, id.address)).bytes.length).toBe(padded.length);
    expect(await call(id.address, hello)).toContain("Program log: hello");
    const other = await generateKeyPairSigner();
    await run({ program: other });
    const again = await writeBuffer(chain, { elf: padded, payer, authority: payer }, SEED, report);
    expect(await run({ program: other.address, buffer: again.buffer })).toMatchObject({ upgraded: true, writes: 0 });
    expect(await call(other.address, hello)).toContain("Program log: hello");
  });
});

describe("what is refused before anything is sent", () => {
  it("needs-key: a new program at an address without its key", async () => {
    expect(await codeOf(run({ program: id.address }))).toBe("needs-key");
  });
  it("insufficient-funds", async () => {
    const poor = await generateKeyPairSigner();
    expect(await codeOf(run({ payer: poor, authority: poor }))).toBe("insufficient-funds");
  });
  it("program-too-large: more than an account holds, or than --max-len", async () => {
    expect(await codeOf(run({ elf: new Uint8Array(10 * 1024 * 1024 - 44) }))).toBe("program-too-large");
    expect(await codeOf(run({ maxLength: memo.length - 1 }))).toBe("program-too-large");
  });
  it("not-a-program-account, final: addresses of something else", async () => {
    expect(await codeOf(run({ program: payer.address }))).toBe("not-a-program-account");
    expect(await codeOf(run({ program: TOKEN }))).toMatch(/^(final|wrong-authority)$/);
  });
  it("no-such-account, buffer-in-use, buffer-too-small: buffers", async () => {
    const none = await generateKeyPairSigner();
    expect(await codeOf(run({ buffer: none.address }))).toBe("no-such-account");
    expect(await codeOf(run({ buffer: payer }))).toBe("buffer-in-use");
    const { buffer } = await writeBuffer(chain, { elf: memo, payer, authority: payer }, SEED, report);
    expect(await codeOf(run({ elf: token, buffer }))).toBe("buffer-too-small");
  });
  it("buffer-in-use: a buffer with a longer program, whose end would stay behind the new one", async () => {
    const buffer = await generateKeyPairSigner();
    await writeBuffer(chain, { elf: token, payer, authority: payer, buffer }, SEED, report);
    const before = chain.received.length;
    expect(await codeOf(run({ buffer }))).toBe("buffer-in-use");
    expect(chain.received.length).toBe(before);
  });
  it("wrong-authority: of the program, of the buffer", async () => {
    const other = await generateKeyPairSigner();
    chain.fund(other);
    const { buffer } = await writeBuffer(chain, { elf: memo, payer, authority: payer }, SEED, report);
    expect(await codeOf(run({ payer: other, authority: other, buffer }))).toBe("wrong-authority");
    await run();
    expect(await codeOf(run({ payer: other, authority: other, program: id.address }))).toBe("wrong-authority");
  });
  it("refused: what is no program is refused by the loader, with its logs", async () => {
    const text = new TextEncoder().encode("not an ELF at all".padEnd(100));
    await expect(run({ elf: text })).rejects.toMatchObject({ code: "refused" });
  });
});

describe("a program that is there", () => {
  it("is shown, extended, handed over with and without the new authority's signature, closed", async () => {
    await run();
    const wallets = { payer, authority: payer };
    await chain.sleep();
    await extend(chain, payer, id.address, 10_240);
    expect((await show(chain, id.address)).bytes.length).toBe(memo.length + 10_240);
    const second = await generateKeyPairSigner();
    const third = await generateKeyPairSigner();
    await changeAuthority(chain, wallets, id.address, second);
    expect((await show(chain, id.address)).authority).toBe(second.address);
    await changeAuthority(chain, { payer, authority: second }, id.address, third.address);
    expect((await show(chain, id.address)).authority).toBe(third.address);
    const owned = { payer, authority: third };
    expect(await codeOf(closeAccount(chain, owned, id.address, payer.address, false))).toBe("needs-consent");
    expect(await codeOf(closeAccount(chain, wallets, id.address, payer.address, true))).toBe("wrong-authority");
    await chain.sleep();
    await closeAccount(chain, owned, id.address, payer.address, true);
    expect(await codeOf(show(chain, id.address))).toBe("program-closed");
    expect(await codeOf(run())).toBe("program-closed");
  });

  it("that is final stays as it is; a buffer cannot be made final", async () => {
    await run({ final: true });
    const wallets = { payer, authority: payer };
    expect(await codeOf(changeAuthority(chain, wallets, id.address, payer))).toBe("final");
    expect(await codeOf(extend(chain, payer, id.address, 10_240))).toBe("final");
    const { buffer } = await writeBuffer(chain, { elf: memo, payer, authority: payer }, SEED, report);
    expect(await codeOf(changeAuthority(chain, wallets, buffer, undefined))).toBe("needs-key");
    const next = await generateKeyPairSigner();
    await changeAuthority(chain, wallets, buffer, next);
    expect((await show(chain, buffer)).authority).toBe(next.address);
  });

  it("no-such-account, not-a-program-account: other addresses", async () => {
    expect(await codeOf(show(chain, id.address))).toBe("no-such-account");
    expect(await codeOf(show(chain, payer.address))).toBe("not-a-program-account");
  });
});

describe("missing chunks", () => {
  const program = Uint8Array.from({ length: 25 }, (_, i) => i + 1);
  it("are those that differ in a byte, and those behind the end", () => {
    expect(missingChunks(program, program, 10)).toEqual([]);
    expect(missingChunks(program, new Uint8Array(25), 10)).toEqual([0, 10, 20]);
    expect(missingChunks(program, program.subarray(0, 20), 10)).toEqual([20]);
    const there = program.slice();
    there[9] = 0;
    expect(missingChunks(program, there, 10)).toEqual([0]);
  });
});
