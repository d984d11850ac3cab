/** Request bodies of bounded size: more than the limit is never in memory, whatever the header says or leaves out. */
export async function readBody(request: Request, limit: number): Promise<Uint8Array | null> {
  const { body } = request;
  if (!body) return new Uint8Array(0);
  if (Number(request.headers.get("content-length")) > limit) {
    await body.cancel();
    return null;
  }
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > limit) {
      await reader.cancel();
      return null;
    }
    chunks.push(value);
  }
  if (chunks.length === 1) return chunks[0]!;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
