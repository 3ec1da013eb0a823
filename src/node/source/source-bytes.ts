import type { Chunk } from "../../core/chunk.js";
import type { Source, SourceState } from "./source.js";

/** Bytes that may wait for the reader before the source is paused. */
const highWaterBytes = 1024 * 1024;

/**
 * The bytes of a source as an async iterable, chunk by chunk, until the source ends. The source is slowed to the
 * reader's pace; leaving the loop stops it.
 *
 * @throws the reason with which the source ended
 */
export async function* sourceBytes(
  source: Source,
  onState?: (state: SourceState) => void,
): AsyncGenerator<Uint8Array> {
  const waiting: Chunk[] = [];
  let waitingBytes = 0;
  let end: { reason: Error | undefined } | undefined;
  let wake = () => {};
  source.start({
    begin: () => undefined,
    push: (chunk) => {
      waiting.push(chunk);
      waitingBytes += chunk.data.length;
      if (waitingBytes > highWaterBytes) source.pause();
      wake();
    },
    end: () => undefined,
    state: (state) => onState?.(state),
    close: (reason) => {
      end = { reason };
      wake();
    },
  });
  try {
    for (;;) {
      const chunk = waiting.shift();
      if (chunk) {
        waitingBytes -= chunk.data.length;
        if (waitingBytes === 0) source.resume();
        yield chunk.data;
      } else if (end) {
        break;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
    const { reason } = end as { reason: Error | undefined };
    if (reason) throw reason;
  } finally {
    await source.stop();
  }
}
