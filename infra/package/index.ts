/**
 * The package's main module: a network on this machine, in workerd, from a program.
 *
 *   const network = await startNetwork({ port: 8899 });
 *   // ... network.rpcUrl, network.wsUrl
 *   await network.stop();
 */
export {
  DEFAULT_PORT,
  DEFAULT_SLOT_MS,
  Failure,
  type Keypair,
  type LogSink,
  type Network,
  type NetworkOptions,
  startNetwork,
} from "../network/index.ts";
export { VERSION as version } from "./files.ts";
