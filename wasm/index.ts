/** Everything an instance exports. One module for every role: edge, builder, shard. */
export { ioIn, ioOutPtr, ioOutLen } from "./memory/io";
export { txParse, txParseBatch, txCheckLoaded } from "./transaction/parse";
export { txVerifyFrame } from "./transaction/verify";
