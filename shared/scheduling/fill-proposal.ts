/** Fills into a planner's shard proposal what only the builder knows (docs/interfaces.md section 7). */
import { viewOf } from "../protocol/bytes.ts";
import { PROPOSAL_HEADER_SIZE } from "./proposal-row.ts";

export interface ProposalFields {
  readonly slot: number;
  readonly view: number;
  readonly digest: Uint8Array;
  readonly prevSlot: number;
  readonly stableSlot: number;
  readonly context: Uint8Array;
}

/** Flags of a shard proposal: every result carries balances, logs, inner instructions and return data. */
const FLAGS = 76;
const FLAG_DETAIL = 1;

/** Changes `proposal` in place. */
export function fillProposal(proposal: Uint8Array, fields: ProposalFields): void {
  const view = viewOf(proposal);
  view.setBigUint64(8, BigInt(fields.slot), true);
  view.setBigUint64(16, BigInt(fields.view), true);
  proposal.set(fields.digest, 24);
  view.setBigUint64(56, BigInt(fields.prevSlot), true);
  view.setBigUint64(64, BigInt(fields.stableSlot), true);
  view.setUint32(FLAGS, FLAG_DETAIL, true);
  proposal.set(fields.context, PROPOSAL_HEADER_SIZE);
}
