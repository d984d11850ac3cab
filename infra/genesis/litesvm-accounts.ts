/**
 * The accounts of the standard programs, out of the package litesvm. Whoever installs the package infinisvm has them in a file instead
 * (infra/package/ready-standard.ts).
 */
import { equalBytes } from "../../shared/protocol/bytes.ts";
import { encodeBase58 } from "../../shared/rpc/base58.ts";
import { BPF_LOADER_UPGRADEABLE, keyBytes, MEMO_V3_PROGRAM, MEMO_V4_PROGRAM } from "../../shared/rpc/keys.ts";
import { SLOT_OFFSET } from "../../shared/rpc/program-data.ts";
import type { Account } from "../../shared/state/accounts.ts";
import { RENT_EPOCH_EXEMPT, rentExemptLamports } from "../../shared/svm/rent.ts";
import { Failure } from "../network/failure.ts";
import { programDataAddress } from "./program-accounts.ts";
import { STANDARD_PROGRAMS } from "./standard-list.ts";

/** Memo 4 has the code of Memo 3 at its own address. */
const SAME_CODE: Readonly<Record<string, string>> = { [MEMO_V4_PROGRAM]: MEMO_V3_PROGRAM };

/** Programs are deployed in slot 0 and nobody can upgrade them; everything is rent-exempt. */
export async function standardAccounts(): Promise<Account[]> {
  // Loaded only here: a network that is there already does not need it.
  const { LiteSvm } = await import("litesvm/dist/internal.js");
  const svm = new LiteSvm();
  const read = (source: Uint8Array, key: Uint8Array): Account => {
    const found = svm.getAccount(source);
    if (!found) throw new Failure("build-failed", `the package litesvm has no account ${encodeBase58(source)}`);
    const data = new Uint8Array(found.data());
    return {
      key,
      owner: new Uint8Array(found.owner()),
      lamports: rentExemptLamports(data.length),
      rentEpoch: RENT_EPOCH_EXEMPT,
      executable: found.executable(),
      data,
    };
  };
  return STANDARD_PROGRAMS.flatMap((id) => {
    const account = read(keyBytes(SAME_CODE[id] ?? id), keyBytes(id));
    if (!account.executable || !equalBytes(account.owner, keyBytes(BPF_LOADER_UPGRADEABLE))) return [account];
    const programData = read(programDataAddress(account.key), programDataAddress(account.key));
    programData.data.fill(0, SLOT_OFFSET, SLOT_OFFSET + 8);
    return [account, programData];
  });
}
