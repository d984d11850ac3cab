/**
 * Everything about a slot that is sent again is the same, byte for byte, whoever sends it in whichever incarnation: that is what makes a
 * repetition harmless.
 */
import { concatBytes, equalBytes } from "../../shared/protocol/bytes.ts";
import type { Message, NodeId } from "../../shared/protocol/messages.ts";
import { demand } from "./failure.ts";

function contents(message: Message): Uint8Array | undefined {
  switch (message.type) {
    case "proposal":
      return message.proposal;
    case "loan":
    case "return":
      return concatBytes(message.digest, message.accounts);
    case "committed": {
      const lamports = new TextEncoder().encode(String(message.lamports));
      return concatBytes(message.digest, message.effects, lamports, message.results);
    }
    case "code":
      return concatBytes(message.digest, message.code);
    case "block":
      return message.block;
    default:
      return undefined;
  }
}

export class Repeats {
  readonly #first = new Map<string, Uint8Array>();

  check(from: NodeId, to: NodeId, message: Message): void {
    const bytes = contents(message);
    if (!bytes || !("slot" in message)) return;
    const part = message.type === "code" ? ` ${Buffer.from(message.code.subarray(0, 32)).toString("hex")}` : "";
    const name = `${message.type}${part} of slot ${message.slot} from ${from} to ${to}`;
    const first = this.#first.get(name);
    if (!first) this.#first.set(name, bytes);
    else demand(equalBytes(first, bytes), "repeat", () => `${name} was sent again with other contents`);
  }
}
