/** `await createClient().use(infinisvm())`: a kit client on a network of its own. */
import { type Address, extendClient, type Lamports, type Signature } from "@solana/kit";
import { startNetwork, type TestNetwork } from "./network.ts";
import type { TestNetworkOptions } from "./options.ts";

/** What the plugin adds, under the names of kit's plugin interfaces. */
export interface InfinisvmClient extends AsyncDisposable {
  readonly network: TestNetwork;
  readonly rpc: TestNetwork["rpc"];
  readonly rpcSubscriptions: TestNetwork["rpcSubscriptions"];
  readonly payer: TestNetwork["payer"];
  airdrop(address: Address, amount: Lamports, abortSignal?: AbortSignal): Promise<Signature | undefined>;
}

/** `given`: a network, or what one is to be started with; the client's disposal closes it either way. */
export function infinisvm(given: TestNetwork | TestNetworkOptions = {}) {
  return async <T extends object>(client: T) => {
    const network = isNetwork(given) ? given : await startNetwork(given);
    const additions: InfinisvmClient = {
      network,
      rpc: network.rpc,
      rpcSubscriptions: network.rpcSubscriptions,
      payer: network.payer,
      airdrop(address, amount, abortSignal) {
        abortSignal?.throwIfAborted();
        return network.fund(address, amount);
      },
      [Symbol.asyncDispose]: () => network.close(),
    };
    return extendClient(client, additions);
  };
}

const isNetwork = (given: object): given is TestNetwork => Symbol.asyncDispose in given;
