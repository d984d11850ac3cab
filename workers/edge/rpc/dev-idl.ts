/** IDLs that were registered for programs, and from which slot on each counts. Kept on the chain (dev-method.ts). */
import * as z from "zod";
import type { DevBackend } from "../../../shared/rpc/backend.ts";
import { encodeBase58 } from "../../../shared/rpc/base58.ts";
import { withContext } from "../../../shared/rpc/call.ts";
import { type Json, JsonText, stringify } from "../../../shared/rpc/json.ts";
import { type Methods, method } from "../../../shared/rpc/method.ts";
import { optional, text, toKey, u64 } from "../../../shared/rpc/params.ts";
import { devMethod, nothing, readNote, writeNote } from "./dev-method.ts";
import { idlName, idlNote } from "./dev-notes.ts";

/** Versions of one program's that are kept; the oldest go. */
const MAX_VERSIONS = 16;
const idlParam = z.looseObject({ address: z.string() }, { error: "expected an IDL with `address`" });

const registerIdl = (dev: DevBackend) =>
  method([idlParam, optional(u64)], async (call, idl, slot) => {
    const name = idlName(encodeBase58(toKey(idl.address)));
    const from = String(slot ?? (await call.head()).slot);
    const before = (await readNote(call, name, idlNote)) ?? [];
    const versions = [
      ...before.filter((one) => one.slot !== from),
      { slot: from, idl: stringify(idl as unknown as Json) },
    ];
    versions.sort((a, b) => (BigInt(a.slot) < BigInt(b.slot) ? -1 : 1));
    await writeNote(dev, name, versions.slice(-MAX_VERSIONS));
    return nothing(call);
  });

const getActiveIdl = () =>
  method([text, optional(u64)], async (call, program, slot) => {
    const head = await call.head();
    const at = slot === undefined ? head.slot : BigInt(slot);
    const versions = (await readNote(call, idlName(encodeBase58(toKey(program))), idlNote)) ?? [];
    const active = versions.findLast((one) => BigInt(one.slot) <= at);
    return withContext(at, active ? new JsonText(active.idl) : null);
  });

export const idlCheatcodes: Methods = {
  ...devMethod("surfnet_registerIdl", registerIdl),
  ...devMethod("surfnet_getActiveIdl", getActiveIdl, false),
};
