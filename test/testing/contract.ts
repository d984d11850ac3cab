/** What a network inside a test does, whichever engine runs it. */
import {
  type Address,
  address,
  appendTransactionMessageInstruction,
  createTransactionMessage,
  generateKeyPairSigner,
  getSignatureFromTransaction,
  type Instruction,
  type KeyPairSigner,
  lamports,
  pipe,
  sendAndConfirmTransactionFactory,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
} from "@solana/kit";
import { getTransferSolInstruction } from "@solana-program/system";
import { describe, expect, it } from "vitest";
import { assemble } from "../../infra/sbpf/assemble.ts";
import { startNetwork, type TestNetwork, type TestNetworkOptions } from "../../testing/index.ts";

export const SOL = 1_000_000_000n;
export const USDC = address("EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v");
const TOKEN = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";

export async function newAddress(): Promise<Address> {
  return (await generateKeyPairSigner()).address;
}

/** Signed by the payer, unless another one pays. */
export async function signed(net: TestNetwork, instruction: Instruction, payer: KeyPairSigner = net.payer) {
  const { value } = await net.rpc.getLatestBlockhash().send();
  const message = pipe(
    createTransactionMessage({ version: 0 }),
    (m) => setTransactionMessageFeePayerSigner(payer, m),
    (m) => setTransactionMessageLifetimeUsingBlockhash(value, m),
    (m) => appendTransactionMessageInstruction(instruction, m),
  );
  return signTransactionMessageWithSigners(message);
}

export const transfer = (net: TestNetwork, destination: Address, amount: bigint) =>
  signed(net, getTransferSolInstruction({ source: net.payer, destination, amount: lamports(amount) }));

export const balance = async (net: TestNetwork, of: Address) => (await net.rpc.getBalance(of).send()).value;

export function contract(given: Pick<TestNetworkOptions, "engine" | "clock">): void {
  const start = (options: TestNetworkOptions = {}) => startNetwork({ ...given, ...options });

  describe("a network inside a test", () => {
    it("confirms a transfer to kit's client, and traces it", async () => {
      await using net = await start();
      const to = await newAddress();
      const transaction = await transfer(net, to, SOL);
      const { rpc, rpcSubscriptions } = net;
      const confirm = sendAndConfirmTransactionFactory({ rpc, rpcSubscriptions } as never);
      await confirm(transaction as never, { commitment: "confirmed" });
      expect(await balance(net, to)).toBe(SOL);

      const trace = await net.trace(getSignatureFromTransaction(transaction));
      expect(trace).toMatchObject({ err: null, units: 150n, fee: 5_000n });
      expect(trace.calls).toMatchObject([
        { program: "11111111111111111111111111111111", stackHeight: 1, accounts: [net.payer.address, to], calls: [] },
      ]);
      expect(trace.accounts.map(({ address, lamports: { before, after } }) => [address, after - before])).toEqual([
        [net.payer.address, -SOL - 5_000n],
        [to, SOL],
      ]);
      expect(trace.accounts[0]!.before).toBeUndefined();
    });

    it("sets accounts and token accounts, moves the clock, records what accounts were", async () => {
      await using net = await start({ recordAccounts: true });
      const [one, owner] = [await newAddress(), await newAddress()];
      await net.setAccount(one, { lamports: 5n * SOL, data: Uint8Array.of(1, 2, 3), owner: TOKEN });
      const { value } = await net.rpc.getAccountInfo(one, { encoding: "base64" }).send();
      expect(value).toMatchObject({ lamports: 5n * SOL, data: ["AQID", "base64"], owner: TOKEN });

      await net.setTokenAccount(owner, USDC, { amount: 1_500_000n });
      const tokens = await net.rpc.getTokenAccountsByOwner(owner, { mint: USDC }, { encoding: "jsonParsed" }).send();
      expect(tokens.value[0]!.account.data.parsed.info.tokenAmount.uiAmountString).toBe("1.5");

      const { slot, epoch } = await net.timeTravel({ epoch: 2 });
      expect({ slot, epoch }).toEqual({ slot: 864_000n, epoch: 2n });
      await expect(net.timeTravel({ slot: 5 })).rejects.toMatchObject({ name: "RpcFailure", code: -32602 });
      const timeOf = async () => Number(await net.rpc.getBlockTime(await net.rpc.getSlot().send()).send());
      const before = await timeOf();
      await net.advance(86_400_000);
      await net.fund(owner, SOL);
      await expect(net.fund(await newAddress(), 1n)).rejects.toMatchObject({ name: "RpcFailure", code: -32002 });
      expect(await timeOf()).toBeGreaterThanOrEqual(before + 86_400);

      const outcome = await net.send(await transfer(net, owner, SOL));
      expect(outcome.err).toBeNull();
      const trace = await net.trace(outcome.signature!);
      const diff = trace.accounts.find((account) => account.address === owner)!;
      expect([diff.before?.lamports, diff.after?.lamports]).toEqual([SOL, 2n * SOL]);
    });

    it("goes back to a snapshot as often as wanted, and forks", async () => {
      await using net = await start();
      const to = await newAddress();
      await net.fund(to, SOL);
      const first = await net.snapshot();
      await net.fund(to, SOL);
      const second = await net.snapshot();
      await net.fund(to, SOL);
      expect(await balance(net, to)).toBe(3n * SOL);
      for (const [id, amount] of [
        [second, 2n],
        [first, 1n],
        [second, 2n],
      ] as const) {
        await net.revert(id);
        expect(await balance(net, to)).toBe(amount * SOL);
        await net.fund(to, 5n);
        expect(await balance(net, to)).toBe(amount * SOL + 5n);
      }
      await using fork = await net.fork();
      await fork.fund(to, SOL);
      expect(await balance(fork, to)).toBe(3n * SOL + 5n);
      expect(await balance(net, to)).toBe(2n * SOL + 5n);
      net.forgetSnapshot(first);
      await expect(net.revert(first)).rejects.toMatchObject({ name: "Failure", code: "bad-option" });
    });

    it("begins with the programs and accounts that it is given, and with what follows from the seed", async () => {
      const program = await newAddress();
      const one = await newAddress();
      const elf = assemble("entrypoint:\n  mov64 r0, 0\n  exit\n");
      await using net = await start({
        seed: 7,
        shards: 2,
        programs: [{ address: program, elf }],
        accounts: [{ address: one, lamports: 3n * SOL, data: Uint8Array.of(9) }],
      });
      expect(await balance(net, one)).toBe(3n * SOL);
      expect(await balance(net, net.payer.address)).toBe(1_000_000n * SOL);
      expect(net.payer.address).toBe("BUsR3AMS3sJQb572pu9KLfLhZ8ENDWWmQNYBvXq1ZMPR");
      const outcome = await net.send(
        await signed(net, { programAddress: program, accounts: [], data: new Uint8Array(0) }),
      );
      expect(outcome).toMatchObject({ err: null });
      const { calls } = await net.trace(outcome.signature!);
      expect(calls.map(({ program, failed }) => ({ program, failed }))).toEqual([{ program, failed: false }]);
      expect(calls[0]!.units).toBe(outcome.units);
    });

    it("has a port for clients that need one", async () => {
      await using net = await start();
      const [url, wsUrl] = [await net.url, await net.wsUrl];
      expect(Number(new URL(wsUrl).port)).toBe(Number(new URL(url).port) + 1);
      expect(await (await fetch(`${url}/health`)).text()).toBe("ok");
    });
  });
}
