import type { Source, SourceState } from "./source.js";

/** Pauses the source when more than this many bytes wait for the reader. */
const highWaterBytes = 1024 * 1024;

/**
 * The bytes of a source as an async iterable, chunk by chunk, until the source ends. The reader
 * sets the pace of the source; leaving the loop stops it.
 *
 * @throws the reason with which the source ended
 */
export async function* sourceBytes(
  source: Source,
  onState?: (state: SourceState) => void,
): AsyncGenerator<Uint8Array> {
  const waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let paused = false;
  let end: { reason: Error | undefined } | undefined;
  let wake = () => {};
  source.start({
    begin: () => undefined,
    push: ({ data }) => {
      waiting.push(data);
      waitingBytes += data.length;
      if (!paused && waitingBytes > highWaterBytes) {
        paused = true;
        source.pause();
      }
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
      const data = waiting.shift();
      if (data) {
        waitingBytes -= data.length;
        if (paused && waitingBytes === 0) {
          paused = false;
          source.resume();
        }
        yield data;
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
