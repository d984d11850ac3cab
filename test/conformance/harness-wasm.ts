/** The WASM module for the conformance tests, and execution of one wire transaction over a plain map of accounts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sanitizeErrorToCode, transactionErrorToJson } from "../../shared/errors/transaction-error.ts";
import { concatBytes } from "../../shared/protocol/bytes.ts";
import { encodeContext, type SlotContextFields } from "../../shared/protocol/context.ts";
import {
  type DecodedRecord,
  decodeRecord,
  fillLoadedAddresses,
  recordLookups,
  requestsWrite,
} from "../../shared/protocol/record.ts";
import { isCarried } from "../../shared/state/carried.ts";
import { WasmInstance } from "../../shared/svm/wasm-instance.ts";
import { CARRIED } from "../carried-programs.ts";
import {
  type AccountState,
  decodeAccountList,
  decodeResult,
  type ExecutionResult,
  encodeAccount,
} from "./harness-result.ts";

const MODULE = process.env.CONFORMANCE_WASM ?? join(import.meta.dirname, "../../build/infinisvm.wasm");

/** The types of a Worker forbid what Node allows: to compile at run time. */
export function moduleOf(bytes: Uint8Array): WebAssembly.Module {
  return new (WebAssembly.Module as unknown as new (bytes: Uint8Array) => WebAssembly.Module)(bytes);
}

export const keyText = (key: Uint8Array): string => Buffer.from(key).toString("hex");

const EMPTY: AccountState = {
  lamports: 0n,
  owner: new Uint8Array(32),
  data: new Uint8Array(0),
  executable: false,
  rentEpoch: 0n,
};
const LOOKUP_META = 56;
const UPGRADEABLE_LOADER = "02a8f6914e88a1b0e210153ef763ae2b00c2b93d16c124d2c0537a1004800000";

export interface Executed {
  result: ExecutionResult;
  /** Null where the bytes did not even make a record. */
  record: DecodedRecord | null;
}

function refused(code: number): ExecutionResult {
  return {
    length: 0,
    landed: false,
    error: transactionErrorToJson(sanitizeErrorToCode(code)),
    fee: 0n,
    computeUnits: 0,
    loadedAccountsDataSize: 0,
    preLamports: [],
    postLamports: [],
    tokenPre: [],
    tokenPost: [],
    returnData: null,
    inner: [],
    logs: [],
  };
}

export class Ours {
  readonly wasm: WasmInstance;
  readonly accounts = new Map<string, AccountState>();

  constructor() {
    this.wasm = new WasmInstance(moduleOf(readFileSync(MODULE)));
    const code = this.wasm.call("engineCarry", CARRIED);
    if (code !== 0) throw new Error(`engineCarry answered ${code}`);
    for (const { key, account } of decodeAccountList(CARRIED)) this.setAccount(key, account);
  }

  account(key: Uint8Array): AccountState | null {
    return this.accounts.get(keyText(key)) ?? null;
  }

  setAccount(key: Uint8Array, account: AccountState): void {
    if (account.lamports === 0n) this.accounts.delete(keyText(key));
    else this.accounts.set(keyText(key), account);
  }

  /** What an edge does; where it cannot, zeros, which the runtime has to find out. Whether all addresses were found. */
  private resolve(record: Uint8Array): boolean {
    let found = true;
    const parts = { writable: [] as Uint8Array[], readonly: [] as Uint8Array[] };
    for (const lookup of recordLookups(record)) {
      const table = this.account(lookup.table)?.data ?? new Uint8Array(0);
      const address = (index: number): Uint8Array => {
        const at = LOOKUP_META + index * 32;
        if (at + 32 <= table.length) return table.slice(at, at + 32);
        found = false;
        return new Uint8Array(32);
      };
      parts.writable.push(...[...lookup.writableIndexes].map(address));
      parts.readonly.push(...[...lookup.readonlyIndexes].map(address));
    }
    fillLoadedAddresses(record, parts.writable, parts.readonly);
    return found;
  }

  /** The account that a program of the upgradeable loader has its bytes in; a transaction need not name it. */
  private programdata(key: Uint8Array): Uint8Array[] {
    const account = this.account(key);
    if (!account || keyText(account.owner) !== UPGRADEABLE_LOADER) return [];
    return account.data.length >= 36 && account.data[0] === 2 ? [account.data.slice(4, 36)] : [];
  }

  execute(wire: Uint8Array, context: SlotContextFields, skipBlockhash = false): Executed {
    const code = this.wasm.call("txParse", wire);
    if (code < 0) return { result: refused(code), record: null };
    const bytes = this.wasm.out();
    // The locks are asked apart, of a transaction whose addresses are known: the runtime never sees one that cannot be locked.
    const locks = this.resolve(bytes) ? this.wasm.call("txCheckLocks", bytes) : 0;
    if (locks < 0) return { result: refused(locks), record: null };
    const record = decodeRecord(bytes);
    const encoded = encodeContext(context);
    const borrowed = record.accountKeys.filter((key, i) => requestsWrite(record, i) || !isCarried(key, encoded));
    const keys = [...borrowed, ...recordLookups(bytes).map((lookup) => lookup.table)];
    const programdata = keys.flatMap((key) => this.programdata(key));
    keys.push(...programdata.filter((key) => !isCarried(key, encoded)));
    const unique = [...new Map(keys.map((key) => [keyText(key), key])).values()];
    const head = new Uint8Array(16);
    const view = new DataView(head.buffer);
    view.setUint32(0, skipBlockhash ? 1 : 0, true);
    view.setUint32(8, unique.length, true);
    const accounts = unique.map((key) => encodeAccount(key, this.account(key) ?? EMPTY));
    const status = this.wasm.call("engineSimulate", concatBytes(encoded, head, ...accounts, bytes));
    if (status !== 0) throw new Error(`engineSimulate answered ${status}`);
    const out = this.wasm.out();
    const result = decodeResult(out);
    for (const { key, account } of decodeAccountList(out.slice(result.length))) this.setAccount(key, account);
    return { result, record };
  }
}
