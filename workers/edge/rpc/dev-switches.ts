/** Methods of a development network that are switched off and on again, for one that others reach. Kept on the chain (dev-method.ts). */
import * as z from "zod";
import type { DevBackend } from "../../../shared/rpc/backend.ts";
import type { Call } from "../../../shared/rpc/call.ts";
import { invalidParams } from "../../../shared/rpc/errors.ts";
import { type Methods, method } from "../../../shared/rpc/method.ts";
import { config, optional } from "../../../shared/rpc/params.ts";
import { devMethod, nothing, readNote, writeNote } from "./dev-method.ts";
import { DISABLED, disabledNote } from "./dev-notes.ts";

const SWITCHES = ["surfnet_enableCheatcode", "surfnet_disableCheatcode"];
const filter = z.union([z.literal("all"), z.array(z.string()).max(1_000)], {
  error: 'expected "all" or an array of methods',
});

/** Throws RpcError for what is no such method. `all`: those that there are. */
function named(wanted: z.output<typeof filter>, all: readonly string[]): readonly string[] {
  if (wanted === "all") return all;
  const unknown = wanted.find((name) => !all.includes(name));
  if (unknown !== undefined) throw invalidParams(`Invalid cheatcode rpc method: ${unknown.slice(0, 64)}`);
  return wanted;
}

const noteOf = async (call: Call) => (await readNote(call, DISABLED, disabledNote)) ?? { lockout: false, methods: [] };

const disable = (all: () => readonly string[]) => (dev: DevBackend) =>
  method([filter, config({ lockout: optional(z.boolean()) })], async (call, wanted, options) => {
    const before = await noteOf(call);
    const lockout = before.lockout || (options.lockout ?? false);
    const names = named(wanted, all()).filter((name) => wanted !== "all" || lockout || !SWITCHES.includes(name));
    if (!lockout && names.some((name) => SWITCHES.includes(name))) {
      throw invalidParams(
        `${SWITCHES.join(" and ")} are switched off with { lockout: true } only: nobody could undo it`,
      );
    }
    await writeNote(dev, DISABLED, { lockout, methods: [...new Set([...before.methods, ...names])].sort() });
    return nothing(call);
  });

const enable = (all: () => readonly string[]) => (dev: DevBackend) =>
  method([filter], async (call, wanted) => {
    const before = await noteOf(call);
    const names = new Set(named(wanted, all()));
    await writeNote(dev, DISABLED, { ...before, methods: before.methods.filter((name) => !names.has(name)) });
    return nothing(call);
  });

/** `all`: names of all methods that can be switched. */
export const switchCheatcodes = (all: () => readonly string[]): Methods => ({
  ...devMethod("surfnet_enableCheatcode", enable(all)),
  ...devMethod("surfnet_disableCheatcode", disable(all)),
});
