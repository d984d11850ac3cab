/** The network's first transfer, which shows that all of it works: signed here, sent and confirmed as by any client. */
import type { Network } from "../network/index.ts";
import { signTransfer } from "../network/transfer.ts";
import { rpcCall, watchSignature } from "./rpc.ts";

/** A network that is up confirms in a few slots; this one does not work. */
const PATIENCE_MS = 30_000;

function outOfPatience(): Promise<never> {
  return new Promise((_, reject) => {
    const text = `the network did not confirm its first transfer within ${PATIENCE_MS / 1000} s`;
    setTimeout(() => reject(new Error(text)), PATIENCE_MS).unref();
  });
}

async function transfer(network: Network): Promise<number> {
  const { value } = await rpcCall<{ value: { blockhash: string } }>(network.rpcUrl, "getLatestBlockhash");
  // After a quick restart the blockhash can be that of the start before: the amount makes this another transaction.
  const lamports = BigInt(1 + (Date.now() % 1_000_000));
  const { signature, wire } = signTransfer(network.faucet, network.identity.publicKey, lamports, value.blockhash);
  const watch = await watchSignature(network.wsUrl, signature);
  const start = performance.now();
  await rpcCall(network.rpcUrl, "sendTransaction", [Buffer.from(wire).toString("base64"), { encoding: "base64" }]);
  const error = await watch.confirmed;
  const took = performance.now() - start;
  watch.close();
  if (error !== null) throw new Error(`the network's first transfer failed: ${JSON.stringify(error)}`);
  return took;
}

/** Milliseconds from sending to `confirmed`. */
export function firstTransfer(network: Network): Promise<number> {
  return Promise.race([transfer(network), outOfPatience()]);
}
