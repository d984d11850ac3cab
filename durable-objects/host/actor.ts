/** What every object of the network offers to the others. */
import type { MemoryReport } from "../../shared/protocol/actor.ts";
import type { Message, NodeId } from "../../shared/protocol/messages.ts";
import type { LongField } from "./long-message.ts";

export interface Actor {
  /** `long`: what was left out of the message because a call cannot carry it. */
  deliver(from: NodeId, message: Message, long?: LongField): Promise<void>;
}

/** Counters since the object started: what a network costs and where it goes. */
export interface ActorStats {
  /** Object rows written, as the platform bills them. */
  rowsWritten: number;
  bytesWritten: number;
  /** Messages sent to other objects: one object call each. */
  messagesSent: number;
  /** Messages whose call failed; they are repaired by asking again. */
  messagesFailed: number;
  /** Calls that came in. */
  callsReceived: number;
  events: number;
  /** What it keeps in memory, and the bytes of its database. */
  memory: MemoryReport;
}
