/** Request bodies of bounded size: more than the limit is never in memory, whatever the header says or leaves out. */

/**
 * A client that is still sending when the answer comes and the connection closes sees a broken connection instead of the
 * answer. So the rest of a body that is too large is read and dropped, up to this much.
 */
const MAX_DROPPED_BYTES = 128 << 20;

const GONE = "the connection ended before the body did";

/** The connection ended before the body did: nobody hears the answer, and the fault is not ours. */
export class ClientGone extends Error {
  override readonly name = "ClientGone";
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

async function read(reader: Reader): ReturnType<Reader["read"]> {
  try {
    return await reader.read();
  } catch (cause) {
    throw new ClientGone(GONE, { cause });
  }
}

async function readWhole(request: Request): Promise<Uint8Array> {
  try {
    return new Uint8Array(await request.arrayBuffer());
  } catch (cause) {
    throw new ClientGone(GONE, { cause });
  }
}

async function drop(reader: Reader): Promise<void> {
  for (let dropped = 0; dropped < MAX_DROPPED_BYTES; ) {
    const { done, value } = await read(reader);
    if (done) return;
    dropped += value.length;
  }
  await reader.cancel();
}

/** `null`: it is larger than the limit. */
export async function readBody(request: Request, limit: number): Promise<Uint8Array | null> {
  const announced = request.headers.get("content-length");
  // HTTP holds a body to its announced length. Read in one go, without a stream of its own, it costs less.
  if (announced !== null && Number(announced) <= limit) return readWhole(request);
  if (!request.body) return new Uint8Array(0);
  const reader: Reader = request.body.getReader();
  const chunks: Uint8Array[] = [];
  let length = announced === null ? 0 : Number.POSITIVE_INFINITY;
  while (length <= limit) {
    const { done, value } = await read(reader);
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
