/** The carried programs (shared/state/carried.ts) as a genesis has them, for tests that make instances of their own. */
import { withStandardPrograms } from "../infra/genesis/standard-programs.ts";
import { carriedAccounts } from "../shared/state/carried.ts";

/** Account list of a new network's standard programs. */
export const STANDARD_PROGRAMS: Uint8Array = await withStandardPrograms();
/** Account list of those that every instance carries. */
export const CARRIED: Uint8Array = carriedAccounts(STANDARD_PROGRAMS, 0);
