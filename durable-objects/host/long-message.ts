/**
 * What is larger than one object call may carry (32 MiB): a long byte string travels as a stream beside the rest. A block
 * of many large accounts or results makes loans, returns, results and blocks of that size.
 */
import type { Message } from "../../shared/protocol/messages.ts";

/** Bytes that travel in the call itself; half of what it may carry. */
export const INLINE_BYTES = 16 << 20;
const LEFT_OUT = new Uint8Array(0);

/** The byte string that was left out of a message's `field`. */
export interface LongField {
  readonly field: string;
  readonly stream: ReadableStream;
}

const streamOf = (bytes: Uint8Array): ReadableStream => new Response(bytes as BodyInit).body!;

/**
 * The message as it is sent: with its long byte string, if it has one, beside it. A call carries the whole buffer behind a
 * view: a proposal that is a part of the planner's answer would take the whole block along, so every view gets a buffer
 * of its own size.
 */
export function packMessage(message: Message): { readonly message: Message; readonly long?: LongField } {
  const packed: Record<string, unknown> = { ...message };
  let long: LongField | undefined;
  for (const [field, value] of Object.entries(packed)) {
    if (!(value instanceof Uint8Array)) continue;
    if (value.length > INLINE_BYTES && !long) {
      packed[field] = LEFT_OUT;
      long = { field, stream: streamOf(value) };
    } else if (value.byteLength !== value.buffer.byteLength) {
      packed[field] = value.slice();
    }
  }
  return { message: packed as unknown as Message, ...(long && { long }) };
}

/** Rejects when the sender dies on the way: then the message is lost like any other. */
export async function unpackMessage(message: Message, { field, stream }: LongField): Promise<Message> {
  return { ...message, [field]: await readBytes(stream) } as Message;
}

/** An answer of an object: the bytes themselves, or a stream of them when they are too many for a call. */
export type LongBytes = Uint8Array | ReadableStream;

export function longBytes(bytes: Uint8Array): LongBytes {
  return bytes.length <= INLINE_BYTES ? bytes : streamOf(bytes);
}

export async function readBytes(answer: LongBytes): Promise<Uint8Array> {
  return answer instanceof Uint8Array ? answer : new Uint8Array(await new Response(answer).arrayBuffer());
}
