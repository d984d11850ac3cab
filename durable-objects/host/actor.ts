/** What every object of the network offers to the others. */
import type { Message, NodeId } from "../../shared/protocol/messages.ts";

export interface Actor {
  deliver(from: NodeId, message: Message): Promise<void>;
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
}
