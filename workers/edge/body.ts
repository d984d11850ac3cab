/** Request bodies of bounded size: more than the limit is never in memory, whatever the header says or leaves out. */

/**
 * A client that is still sending when the answer comes and the connection closes sees a broken connection instead of the
 * answer. So the rest of a body that is too large is read and dropped, up to this much.
 */
const MAX_DROPPED_BYTES = 128 << 20;

async function drop(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  for (let dropped = 0; dropped < MAX_DROPPED_BYTES; ) {
    const { done, value } = await reader.read();
    if (done) return;
    dropped += value.length;
  }
  await reader.cancel();
}

/** `null`: it is larger than the limit. */
export async function readBody(request: Request, limit: number): Promise<Uint8Array | null> {
  if (!request.body) return new Uint8Array(0);
  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader();
  const chunks: Uint8Array[] = [];
  let length = Number(request.headers.get("content-length")) > limit ? Number.POSITIVE_INFINITY : 0;
  while (length <= limit) {
    const { done, value } = await reader.read();
    if (done) return join(chunks, length);
    chunks.push(value);
    length += value.length;
  }
  await drop(reader);
  return null;
}

function join(chunks: readonly Uint8Array[], length: number): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
