/** Everything an instance exports. One module for every role: edge, builder, shard. */
export { layoutFingerprint } from "./layouts/fingerprint";
export { ioIn, ioOutPtr, ioOutLen } from "./memory/io";
export { txParse, txParseBatch } from "./transaction/parse";
export { txCheckLocks } from "./transaction/sound";
export { txVerifyFrame, txVerifyRecord } from "./transaction/verify";
export { txCheckAge } from "./transaction/age";
export { txTag } from "./transaction/tag";
export { heapLiveBytes } from "./memory/heap";
export {
  engineAbort,
  engineApplied,
  engineBase,
  engineBegin,
  engineCodeAt,
  engineCollect,
  engineCommit,
  engineCount,
  engineEpoch,
  engineExecute,
  engineExecuteSome,
  engineFault,
  engineForget,
  engineHashSeed,
  engineInit,
  engineKnown,
  engineKnownLoad,
  engineLanded,
  engineLamports,
  engineLoad,
  engineLoan,
  engineLoanAt,
  engineMissing,
  engineRead,
  engineReadKnown,
  engineRealPrograms,
  engineReceiveLoan,
  engineReceiveReturn,
  engineReplay,
  engineResultsAt,
  engineReturn,
  engineReturnAt,
  engineRollback,
  engineScan,
  engineSetSlot,
  engineShardOf,
  engineStable,
} from "./state/engine";
export { engineColdOfKeys, engineColdOfProposal, engineColdOfRow } from "./state/cold-keys";
export {
  engineClean,
  engineColdCount,
  engineEvict,
  engineFetch,
  engineMemory,
  engineRestore,
  engineScanCold,
  engineTotals,
} from "./state/cold";
export { engineLarge } from "./state/large";
export { engineLargest, engineLargestCold } from "./state/largest";
export { engineCodeBytes } from "./state/code-cache";
export { engineCodesMissing, engineKeepCode, engineReceiveCode } from "./state/stub";
export { engineNamesWellKnown, engineSimulate, engineWellKnown } from "./state/simulate";
export { engineCarry } from "./svm/carried";
export {
  plannerAdmit,
  plannerAdmitted,
  plannerCut,
  plannerDropExpired,
  plannerInit,
  plannerNoteProgram,
  plannerNoteSizes,
  plannerSizes,
  plannerOldestWaiting,
  plannerReadmit,
  plannerSetContext,
  plannerWaiting,
} from "./scheduling/planner";
export { sbpfCheck, sbpfInstructions, sbpfRegions, sbpfLoad, sbpfRunLoaded, sbpfRunRaw } from "./svm/sbpf/raw";
