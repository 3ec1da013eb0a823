// A program on Node, as somebody else writes it against the published package.
import {
  type Frame,
  LiveDecoder,
  NaliveError,
  open,
  type StreamOptions,
  savePng,
  type VideoStream,
} from "nalive";

const options: StreamOptions = {
  format: "rgb24",
  delivery: "keep-up",
  signal: AbortSignal.timeout(1000),
  onState: (state) => console.log(state.type),
  onIssue: (code, detail) => console.log(code, detail),
};

export async function iterate(): Promise<void> {
  await using stream: VideoStream = open("tcp://0.0.0.0:5000?listen", options);
  for await (using frame of stream) {
    const { sequence, lastByteAt } = frame.provenance;
    console.log(frame.width, frame.data.length, sequence, lastByteAt / 1000);
    await savePng(frame, "picture.png");
  }
  console.log((await stream.statistics())?.leftOut.nonReference);
}

export async function decode(pieces: AsyncIterable<Uint8Array>): Promise<Frame | undefined> {
  await using decoder = new LiveDecoder({ signal: AbortSignal.abort() });
  for await (const piece of pieces) if (!decoder.write(piece)) await decoder.drained();
  decoder.end();
  let last: Frame | undefined;
  for await (const frame of decoder) {
    last?.close();
    last = frame.clone();
  }
  return last;
}

export async function read(): Promise<void> {
  const stream = open(["bytes", new Uint8Array(4)].filter((piece) => typeof piece !== "string"));
  try {
    using frame = await stream.read();
    console.log(frame?.planes[0]?.stride);
  } catch (error) {
    if (error instanceof NaliveError && error.code === "NALIVE_NOT_H264") console.log(error.message);
  } finally {
    await stream.close();
  }
}

export function internals(stream: VideoStream, decoder: LiveDecoder): void {
  // @ts-expect-error a stream is made by open()
  new VideoStream("test:");
  // @ts-expect-error internal
  console.log(stream.host);
  // @ts-expect-error internal
  console.log(stream.ended);
  // @ts-expect-error internal
  console.log(decoder.frames);
  // @ts-expect-error not a delivery
  open("test:", { delivery: "some" });
}
