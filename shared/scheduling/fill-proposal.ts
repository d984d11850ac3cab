/** Fills into a planner's shard proposal what only the builder knows (docs/interfaces.md section 7). */
import { viewOf } from "../protocol/bytes.ts";
import { PROP, PROP_FLAG_DETAIL } from "../protocol/layouts/proposal.ts";
import { PROPOSAL_HEADER_SIZE } from "./proposal-row.ts";

export interface ProposalFields {
  readonly slot: number;
  readonly view: number;
  readonly digest: Uint8Array;
  readonly prevSlot: number;
  readonly stableSlot: number;
  readonly context: Uint8Array;
}

/** Changes `proposal` in place. */
export function fillProposal(proposal: Uint8Array, fields: ProposalFields): void {
  const view = viewOf(proposal);
  view.setBigUint64(PROP.SLOT, BigInt(fields.slot), true);
  view.setBigUint64(PROP.VIEW, BigInt(fields.view), true);
  proposal.set(fields.digest, PROP.DIGEST);
  view.setBigUint64(PROP.PREVIOUS, BigInt(fields.prevSlot), true);
  view.setBigUint64(PROP.STABLE, BigInt(fields.stableSlot), true);
  view.setUint32(PROP.FLAGS, PROP_FLAG_DETAIL, true);
  proposal.set(fields.context, PROPOSAL_HEADER_SIZE);
}
