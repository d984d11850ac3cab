/** Outcomes of every client, and the matchers over them. */
import { getBase64EncodedWireTransaction } from "@solana/kit";
import { Connection, Keypair, SystemProgram, Transaction } from "@solana/web3.js";
import { describe, expect, it } from "vitest";
import { assemble } from "../../infra/sbpf/assemble.ts";
import { outcomeOf, startNetwork } from "../../testing/index.ts";
import "../../testing/vitest.ts";
import { newAddress, SOL, signed, transfer } from "./contract.ts";

const REFUSES = assemble("entrypoint:\n  mov64 r0, 6000\n  exit\n");

describe("matchers", () => {
  it("tell landed from failed, by name, code, pattern and error", async () => {
    const program = await newAddress();
    await using net = await startNetwork({ programs: [{ address: program, elf: REFUSES }] });
    await expect(net.send(await transfer(net, await newAddress(), SOL))).toHaveLanded();
    const refused = net.send(await signed(net, { programAddress: program, accounts: [], data: new Uint8Array(0) }));
    await expect(refused).toFailWith(6000);
    await expect(refused).toFailWith("Custom");
    await expect(refused).toFailWith(/custom program error: 0x1770/);
    await expect(refused).toFailWith({ InstructionError: [0, { Custom: 6000 }] });
    await expect(refused).not.toFailWith(6001);
    await expect(refused).not.toHaveLanded();
    const poor = net.send(await transfer(net, await newAddress(), 2_000_000n * SOL));
    await expect(poor).toFailWith("Custom");
    await expect(poor).toFailWith(/insufficient lamports/);
    await expect(expect(poor).toHaveLanded()).rejects.toThrow(
      /failed with \{"InstructionError":\[0,\{"Custom":1\}\]\}/,
    );
  });

  it("take what kit and web3.js throw where preflight refuses", async () => {
    const program = await newAddress();
    await using net = await startNetwork({ programs: [{ address: program, elf: REFUSES }] });
    const bad = await signed(net, { programAddress: program, accounts: [], data: new Uint8Array(0) });
    const wire = getBase64EncodedWireTransaction(bad as never);
    await expect(net.rpc.sendTransaction(wire, { encoding: "base64" }).send()).toFailWith(6000);

    const connection = new Connection(await net.url, "confirmed");
    const payer = Keypair.generate();
    await net.fund(payer.publicKey.toBase58(), SOL);
    const { blockhash } = await connection.getLatestBlockhash();
    const transaction = new Transaction({ feePayer: payer.publicKey, recentBlockhash: blockhash } as never);
    transaction.add(
      SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: Keypair.generate().publicKey, lamports: 2e9 }),
    );
    transaction.sign(payer);
    await expect(() => connection.sendRawTransaction(transaction.serialize())).toFailWith(1);
  });

  it("pass on what says nothing of a transaction", async () => {
    expect(outcomeOf(new Error("connection refused"))).toBeUndefined();
    expect(outcomeOf("text")).toBeUndefined();
    await expect(expect(Promise.reject(new Error("no network"))).toFailWith("Custom")).rejects.toThrow("no network");
  });
});
