/** Programs of the upgradeable loader without its transactions: copied, written, given another authority. */
import * as z from "zod";
import { sha256 } from "../../../durable-objects/host/sha256.ts";
import { viewOf } from "../../../shared/protocol/bytes.ts";
import type { Account } from "../../../shared/rpc/accounts.ts";
import type { DevBackend } from "../../../shared/rpc/backend.ts";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import type { Call } from "../../../shared/rpc/call.ts";
import { invalidParams } from "../../../shared/rpc/errors.ts";
import { BPF_LOADER_UPGRADEABLE, keyBytes } from "../../../shared/rpc/keys.ts";
import { type Methods, method } from "../../../shared/rpc/method.ts";
import { optional, text, toKey } from "../../../shared/rpc/params.ts";
import {
  isProgramData,
  newProgramData,
  PROGRAM_DATA_HEADER,
  programDataKey,
  programState,
  SLOT_OFFSET,
  setUpgradeAuthority,
} from "../../../shared/rpc/program-data.ts";
import { MAX_ACCOUNT_DATA } from "../../../shared/state/accounts.ts";
import { findProgramAddress } from "../../../shared/svm/program-address.ts";
import { devMethod, hexBytes, nothing, settable } from "./dev-method.ts";

const LOADER = keyBytes(BPF_LOADER_UPGRADEABLE);

const offsetParam = z.number().int().min(0).max(MAX_ACCOUNT_DATA);

const dataAddress = (program: Uint8Array): Uint8Array => findProgramAddress(sha256, [program], LOADER).address;

/** The account with the code of an upgradeable program. Throws RpcError where the address is none. */
async function codeOf(call: Call, program: Uint8Array): Promise<Account> {
  await call.fetch([program]);
  const head = await call.head();
  const account = await call.account(head, program);
  const key = account && programDataKey(account);
  const code = key && (await call.account(head, key));
  if (code && isProgramData(code.data)) return code;
  throw invalidParams(`${encodeBase58(program)} is no program of the upgradeable loader`);
}

/** A program and its code, the code first: there is no moment at which it is without. `data`: of the program data account. */
async function setProgram(call: Call, dev: DevBackend, program: Uint8Array, data: Uint8Array): Promise<void> {
  const key = dataAddress(program);
  const head = await call.head();
  await settable(call, head, program);
  await settable(call, head, key);
  // As of the newest block: deployed in a later one it would not be visible in the next.
  viewOf(data).setBigUint64(SLOT_OFFSET, head.slot, true);
  await dev.setAccount({ key, owner: LOADER, executable: false, data });
  await dev.setAccount({ key: program, owner: LOADER, executable: true, data: programState(key) });
}

const cloneProgramAccount = (dev: DevBackend) =>
  method([text, text], async (call, source, destination) => {
    const [from, to] = [toKey(source), toKey(destination)];
    const code = await codeOf(call, from);
    await setProgram(call, dev, to, code.data.slice());
    return nothing(call);
  });

const setProgramAuthority = (dev: DevBackend) =>
  method([text, optional(text)], async (call, program, authority) => {
    const next = authority === undefined ? null : toKey(authority);
    const code = await codeOf(call, toKey(program));
    await settable(call, await call.head(), code.key);
    const data = code.data.slice();
    setUpgradeAuthority(data, next);
    await dev.setAccount({ key: code.key, data });
    return nothing(call);
  });

const writeProgram = (dev: DevBackend) =>
  method([text, text, offsetParam, optional(text)], async (call, program, hex, offset, authority) => {
    const key = toKey(program);
    const bytes = hexBytes(hex);
    const end = PROGRAM_DATA_HEADER + offset + bytes.length;
    if (end > MAX_ACCOUNT_DATA) {
      throw invalidParams(`the program's data would have ${end} bytes; at most ${MAX_ACCOUNT_DATA} are possible`);
    }
    const owner = authority === undefined ? null : toKey(authority);
    await call.fetch([key]);
    const there = await call.account(await call.head(), key);
    if (there && !programDataKey(there)) throw invalidParams(`${program} is no program of the upgradeable loader`);
    const before = there ? (await codeOf(call, key)).data : null;
    const data = newProgramData(Math.max(end, before?.length ?? 0) - PROGRAM_DATA_HEADER);
    if (before) data.set(before);
    // Of a new one whose authority is not named: the System program, as Surfpool has it.
    if (owner || !before) setUpgradeAuthority(data, owner ?? new Uint8Array(32));
    data.set(bytes, PROGRAM_DATA_HEADER + offset);
    await setProgram(call, dev, key, data);
    return nothing(call);
  });

export const programCheatcodes: Methods = {
  ...devMethod("surfnet_cloneProgramAccount", cloneProgramAccount),
  ...devMethod("surfnet_setProgramAuthority", setProgramAuthority),
  ...devMethod("surfnet_writeProgram", writeProgram),
};
