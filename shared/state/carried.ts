/** The accounts of the carried programs (shared/protocol/real-programs.ts) in a genesis. */
import { viewOf } from "../protocol/bytes.ts";
import { CONTEXT } from "../protocol/layouts/context.ts";
import { REAL_PROGRAMS } from "../protocol/real-programs.ts";
import { keyBytes } from "../rpc/keys.ts";
import { accountAt, accountOffsets, encodeAccountList, keyText } from "./accounts.ts";

/** Addresses of all accounts that are carried where a network has these programs (flags) as accounts of its shards only. */
export function carriedAddresses(realPrograms: number): string[] {
  return Object.values(REAL_PROGRAMS)
    .filter(({ flag }) => !(realPrograms & flag))
    .flatMap(({ addresses, programData }) => (programData === undefined ? addresses : [...addresses, programData]));
}

const NAMES = new Map<string, number>();
for (const { flag, addresses, programData } of Object.values(REAL_PROGRAMS)) {
  for (const address of [...addresses, ...(programData === undefined ? [] : [programData])]) {
    NAMES.set(keyText(keyBytes(address)), flag);
  }
}

/** Whether an account is carried in a slot with this context. */
export function isCarried(key: Uint8Array, context: Uint8Array): boolean {
  const flag = NAMES.get(keyText(key));
  return flag !== undefined && !(viewOf(context).getUint32(CONTEXT.FLAGS, true) & flag);
}

/** Account list of what is carried, from the genesis' list. Throws an Error that says what is missing. */
export function carriedAccounts(genesis: Uint8Array, realPrograms: number): Uint8Array {
  const offsets = accountOffsets(genesis);
  if (!offsets) throw new RangeError("the accounts of the genesis are no account list");
  const wanted = new Map(carriedAddresses(realPrograms).map((address) => [keyText(keyBytes(address)), address]));
  const found = offsets
    .slice(0, -1)
    .map((at) => accountAt(genesis, at))
    .filter(({ key }) => wanted.delete(keyText(key)));
  for (const address of wanted.values()) {
    throw new Error(`the genesis has no account ${address}: this network was begun by an earlier version`);
  }
  return encodeAccountList(found);
}
