/** All layouts, in the order in which the fingerprint of a module is made of them. */
import type { LayoutFile } from "../schema.ts";
import { ACCOUNT_FILE } from "./account.ts";
import { BLOCK_FILE } from "./block.ts";
import { CONTEXT_FILE } from "./context.ts";
import { DIGEST_FILE } from "./digest.ts";
import { ENGINE_FILE } from "./engine.ts";
import { HEADER_FILE } from "./header.ts";
import { LEDGER_FILE } from "./ledger.ts";
import { MESSAGE_FILE } from "./message.ts";
import { PLANNER_FILE } from "./planner.ts";
import { PROPOSAL_FILE } from "./proposal.ts";
import { RECORD_FILE } from "./record.ts";
import { RESULT_FILE } from "./result.ts";
import { ROW_FILE } from "./row.ts";
import { STORED_FILE } from "./stored.ts";

export const LAYOUT_FILES: readonly LayoutFile[] = [
  HEADER_FILE,
  CONTEXT_FILE,
  RECORD_FILE,
  RESULT_FILE,
  BLOCK_FILE,
  PROPOSAL_FILE,
  MESSAGE_FILE,
  ROW_FILE,
  ACCOUNT_FILE,
  ENGINE_FILE,
  PLANNER_FILE,
  STORED_FILE,
  LEDGER_FILE,
  DIGEST_FILE,
];
