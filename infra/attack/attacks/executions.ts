/** Transactions that use all the compute units there are. */
import { createKeyPairSignerFromPrivateKeyBytes } from "@solana/kit";
import { decodeBase58 } from "../../../shared/rpc/base58.ts";
import { COMPUTE_BUDGET_PROGRAM, publicKeyOf, secretBytesOf, secretOf } from "../../load/accounts.ts";
import { airdrop, latestBlockhash } from "../../load/funding.ts";
import { HttpConnection } from "../../load/http-connection.ts";
import { type Instruction, signTransaction } from "../../load/message.ts";
import { deployProgram } from "../../program/deploy.ts";
import { RpcChain } from "../../program/rpc-chain.ts";
import { assemble } from "../../sbpf/assemble.ts";
import { type Attack, type Context, repeat } from "../attack.ts";
import { fundedPayers } from "../payers.ts";
import { repeatBatch, rpcRequest } from "./reads.ts";

const SEED = "attack-program";
const UNITS = 1_400_000;
const DEPLOYER_LAMPORTS = 1_000_000_000n;
/** Runs until its units are used up. */
const LOOP = `
loop:
  add64 r1, r2
  mul64 r2, 1103515245
  xor64 r1, r2
  ja loop`;
/** Age of a blockhash at which the attacker asks for the next, milliseconds. */
const BLOCKHASH_MS = 5_000;

const signer = (name: string) => createKeyPairSignerFromPrivateKeyBytes(new Uint8Array(secretBytesOf(SEED, name)));

/** The looping program, deployed unless it is there: its address. */
async function loopProgram({ url }: Context): Promise<Uint8Array> {
  const chain = new RpcChain(url.href);
  const program = await signer("program");
  if ((await chain.account(program.address)) === null) {
    await airdrop(url.href, publicKeyOf(secretOf(SEED, "deployer")), DEPLOYER_LAMPORTS);
    const payer = await signer("deployer");
    const report = { progress: () => {}, say: () => {} };
    const request = { elf: assemble(LOOP), payer, authority: payer, program };
    await deployProgram(chain, request, secretBytesOf(SEED, "deployer"), report);
  }
  return decodeBase58(program.address)!;
}

/** `nonce` makes transactions differ. */
function loopTransaction(program: Uint8Array, payer: ReturnType<typeof secretOf>, hash: Uint8Array, nonce: number) {
  const limit = Buffer.alloc(5, 2);
  limit.writeUInt32LE(UNITS, 1);
  const data = Buffer.alloc(8);
  data.writeDoubleLE(nonce);
  const instructions: Instruction[] = [
    { program: COMPUTE_BUDGET_PROGRAM, accounts: [], data: limit },
    { program, accounts: [], data },
  ];
  return Buffer.from(signTransaction([payer], instructions, hash)).toString("base64");
}

async function simulations(context: Context, count: number) {
  const program = await loopProgram(context);
  const [payer] = await fundedPayers(context, 1);
  const transaction = loopTransaction(program, payer!, new Uint8Array(32), 0);
  const options = { encoding: "base64", replaceRecentBlockhash: true };
  const calls = Array.from({ length: count }, () => ({
    method: "simulateTransaction",
    params: [transaction, options],
  }));
  return repeatBatch(context, 1, calls);
}

export const EXECUTIONS: readonly Attack[] = [
  {
    name: "simulations",
    what: "a batch of 1,000 simulations of 1.4 million compute units, again and again",
    prepare: (context) => simulations(context, context.small ? 5 : 1_000),
  },
  {
    name: "executions",
    what: "16 clients that execute transactions of 1.4 million compute units, one after another",
    async prepare(context) {
      const clients = context.small ? 4 : 16;
      const program = await loopProgram(context);
      const payers = await fundedPayers(context, clients);
      const connections = payers.map(() => new HttpConnection(context.url));
      let hash = { bytes: new Uint8Array(), at: Number.NEGATIVE_INFINITY };
      let nonce = 0;
      const blockhash = async () => {
        if (performance.now() - hash.at > BLOCKHASH_MS) {
          hash = { ...hash, at: performance.now() };
          hash.bytes = new Uint8Array((await latestBlockhash(context.url.href)).blockhash);
        }
        return hash.bytes;
      };
      await blockhash();
      return (end) =>
        repeat(context, end, clients, async (i) => {
          const transaction = loopTransaction(program, payers[i]!, await blockhash(), Date.now() + ++nonce / 1_000);
          const params = [transaction, { encoding: "base64", skipPreflight: true }];
          const request = rpcRequest(context.url, [{ method: "sendTransaction", params }]);
          const { status, body } = await connections[i]!.send(request);
          context.tally.answer(status, body, 1);
        });
    },
  },
];
