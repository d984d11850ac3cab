/** Surfpool's snapshots (surfnet_exportSnapshot): a JSON object, for each address the account or null. */
import * as z from "zod";
import { parse } from "../../shared/rpc/json.ts";
import type { Account } from "../../shared/state/accounts.ts";
import { addressBytes, readInput } from "../genesis/key-file.ts";
import { Failure } from "../network/failure.ts";
import { onNewChain } from "./cluster.ts";

const u64 = z.union([z.number().int().min(0), z.bigint().min(0n)]).transform(BigInt);
const snapshotSchema = z.record(
  z.string(),
  z
    .looseObject({
      lamports: u64,
      owner: z.string(),
      executable: z.boolean(),
      rentEpoch: u64,
      data: z.string(),
    })
    .nullable(),
);

/** `missing`: addresses whose accounts are to come from the cluster. Throws a Failure for a file that is no snapshot. */
export function readSnapshot(path: string): { readonly accounts: Account[]; readonly missing: string[] } {
  const refused = (why: string) => new Failure("bad-account-file", `${path} is no snapshot: ${why}`);
  let content: unknown;
  try {
    content = parse(readInput(path).toString("utf8"));
  } catch (error) {
    throw error instanceof Failure ? error : refused("it is not JSON");
  }
  const parsed = snapshotSchema.safeParse(content);
  if (!parsed.success) {
    const { path: where, message } = parsed.error.issues[0]!;
    throw refused(`${where.join(".")}: ${message}`);
  }
  const accounts: Account[] = [];
  const missing: string[] = [];
  for (const [address, account] of Object.entries(parsed.data)) {
    const key = addressBytes(address);
    if (!key) throw refused(`"${address}" is no address`);
    if (account === null) {
      missing.push(address);
      continue;
    }
    const owner = addressBytes(account.owner);
    if (!owner) throw refused(`${address}: "${account.owner}" is no address`);
    const { lamports, executable, rentEpoch, data } = account;
    const bytes = new Uint8Array(Buffer.from(data, "base64"));
    accounts.push(onNewChain({ key, owner, lamports, executable, rentEpoch, data: bytes }));
  }
  return { accounts, missing };
}
