/**
 * Long answers leave in pieces, as the client reads them. What it does not read stays in memory, noted as such, and not for ever: a client that
 * reads nothing for a while loses the answer.
 */

/** Characters that leave at once, and that are no long answer yet. */
const PIECE = 64 << 10;
const LONG = 256 << 10;
/** How long a client may read nothing. */
const PATIENCE_MS = 30_000;

const HIGH_SURROGATE = 0xd800;

/** Where a piece from `at` on ends: not between the halves of a character. */
function pieceEnd(text: string, at: number): number {
  const end = Math.min(at + PIECE, text.length);
  return end < text.length && (text.charCodeAt(end - 1) & 0xfc00) === HIGH_SURROGATE ? end + 1 : end;
}

/** The text as a body; `onEnd` once it has left, or nobody reads it. */
export function bodyOf(text: string, onEnd: () => void): string | ReadableStream<Uint8Array> {
  if (text.length < LONG) {
    onEnd();
    return text;
  }
  const encoder = new TextEncoder();
  let left: string | undefined = text;
  let at = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = () => {
    clearTimeout(timer);
    if (left === undefined) return;
    left = undefined;
    onEnd();
  };
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        clearTimeout(timer);
        if (left === undefined) return;
        const until = pieceEnd(left, at);
        controller.enqueue(encoder.encode(left.slice(at, until)));
        at = until;
        if (at === left.length) {
          end();
          controller.close();
          return;
        }
        timer = setTimeout(() => {
          end();
          controller.error(new Error("the client does not read its answer"));
        }, PATIENCE_MS);
      },
      cancel: end,
    },
    // One piece ahead of the reader.
    { highWaterMark: 1 },
  );
}
