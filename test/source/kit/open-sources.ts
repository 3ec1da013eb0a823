import { afterEach, expect } from "vitest";
import { openSource } from "../../../src/node/source/open-source.js";
import type { Source, SourceOptions } from "../../../src/node/source/source.js";
import { RecordingSink } from "./recording-sink.js";

const opened: { source: Source; sink: RecordingSink }[] = [];

/**
 * Opens and starts a source. After the test it is stopped: its sink must be closed then, and every
 * promise kept.
 */
export function startSource(
  url: string,
  options: SourceOptions = {},
  open: (url: string, options: SourceOptions) => Source = openSource,
): { source: Source; sink: RecordingSink } {
  const source = open(url, options);
  const sink = new RecordingSink();
  opened.push({ source, sink });
  source.start(sink);
  return { source, sink };
}

afterEach(async () => {
  for (const { source, sink } of opened.splice(0)) {
    await source.stop();
    expect(sink.closed).toBeDefined();
    expect(sink.violations).toEqual([]);
  }
});
