/**
 * Three pictures of colour bars in decoding order, I P b, 320x192, High profile: 490 bytes from
 * x264 (`-bf 1 -qp 34 -x264-params b-adapt=0:weightp=0`). The SPS states a reorder depth, so that a
 * decoder holds one back unless it is asked.
 */
const clip =
  "AAAAAWdkAA2s5gUGbARAAAADAEAAAA8DxQpGgAAAAAFo6WghLIsAAAFliIQD//0HnMqsUgzjLDRVKwAWqbLMlDaJVjT4JLpjPoai" +
  "WqU/6gqpqq18+kLEsfsQo2mb1yL3MHmHi5vQqaKIzyZoqBuU28lWSZF6NdlfL4IbQIYseE5mcZbM22xNTCBF9Y4+M+8+SijOxBEj" +
  "PG8zsRSNunkRlqwGAI4MYDw/P9U2ml7bybTn5ps+t5nTz2PsSERLRFYOgMIPqQToQJO8FoOk9PUP/XQMEpPgcX2uY5ZQKxCkI60c" +
  "2GmqJiqDgMpDNDIRLx9P17uYwDyoIZPKRxfmFKcYDG8sr1sVLfg/MPdKOLQR2yCRMPqCKPtLGdzxLaR1dpTpfH7AJu3TfDkQEsDS" +
  "sWkI+tNnzmbIKZjj7CosuPeP7T2MFyIy9WqNM1GpcaNgIDQ4j8p266i7/YmNyqJAogE2bZArywrXgdGjxu7ItNiVhlDD14hCbc2N" +
  "nVmhy8z8vnaHA7epphNTrA4Ytc/AWBxkModKDLsgdMqIK6hPyiYHINn+IurJaVtpFehBzPP16Hjobi/aPAHSs5oeptoJW8ngMQBd" +
  "cQAAAAFBmimfAB4Q0hiiX+N22vdREAAAAAEBnkTknwKe8kB8ImCKFQ==";
const codec = "avc1.64000D";
/** Size of the last two pictures, bytes. */
const lastPictureBytes = { p: 21, b: 18 };

/**
 * A single end of sequence NAL unit, which asks a decoder for one of the pictures that it holds. A
 * decoder with several threads may need one for each thread before it outputs the newest picture.
 */
export const endOfSequence = Uint8Array.of(0, 0, 1, 0x0a);
/**
 * The most requests per picture: one for each of 16 threads, which is the most that Chromium uses.
 */
export const maxRequests = 16;
/**
 * Requests per picture at first. More than needed cost little, because the picture has come by
 * then.
 */
export const usualRequests = Math.min(maxRequests, (navigator.hardwareConcurrency ?? 2) + 2);

/**
 * How long a decoder may take for a picture, ms, and for the first one, which may have to start a
 * process.
 */
const timeoutMs = 250;
const firstTimeoutMs = 600;

/** What a browser's decoder can do. */
export interface DecoderAbilities {
  /**
   * End of sequence NAL units make it output its latest picture and keep its references, so that
   * only `PictureLine` waits for order. It need not be told to optimise for latency, and decodes
   * twice as fast on two cores while it is not asked.
   */
  readonly outputsOnRequest: boolean;
}

/** True when the browser claims to have such a decoder for H.264. */
export async function isSupported(hardwareAcceleration: HardwareAcceleration): Promise<boolean> {
  const { supported } = await VideoDecoder.isConfigSupported({ codec, hardwareAcceleration });
  return supported === true;
}

/**
 * Finds out what the browser's H.264 decoder can do, with three small pictures. Software decoders
 * obey an end of sequence; some hardware decoders forget their references or do nothing.
 *
 * @returns undefined when the decoder decodes nothing
 */
export async function probeDecoder(
  hardwareAcceleration: HardwareAcceleration,
): Promise<DecoderAbilities | undefined> {
  const config = { codec, hardwareAcceleration } as const;
  if (await outputsOnRequest(config)) return { outputsOnRequest: true };
  return (await decodes({ ...config, optimizeForLatency: true })) ? { outputsOnRequest: false } : undefined;
}

/**
 * True when each picture comes on request and looks like the first, from which the others are
 * predicted.
 */
async function outputsOnRequest(config: VideoDecoderConfig): Promise<boolean> {
  const outputs = new Outputs();
  const decoder = new VideoDecoder(outputs);
  try {
    decoder.configure(config);
    let first: Uint8Array | undefined;
    for (const timestamp of pictures().keys()) {
      const timeout = first ? timeoutMs : firstTimeoutMs;
      const frame = await outputs.after(() => decodeAndAsk(decoder, timestamp), timeout);
      if (frame?.timestamp !== timestamp) return false;
      const luma = await lumaOf(frame);
      first ??= luma;
      if (!isLike(first, luma)) return false;
    }
    return true;
  } finally {
    outputs.close();
    if (decoder.state !== "closed") decoder.close();
  }
}

/** True when the decoder decodes a plain picture. */
async function decodes(config: VideoDecoderConfig): Promise<boolean> {
  const outputs = new Outputs();
  const decoder = new VideoDecoder(outputs);
  try {
    decoder.configure(config);
    const frame = await outputs.after(() => {
      decoder.decode(new EncodedVideoChunk({ type: "key", timestamp: 0, data: pictures()[0]! }));
      decoder.flush().catch(outputs.error);
    }, firstTimeoutMs);
    return frame !== undefined;
  } finally {
    outputs.close();
    if (decoder.state !== "closed") decoder.close();
  }
}

function decodeAndAsk(decoder: VideoDecoder, timestamp: number): void {
  if (decoder.state !== "configured") return;
  const type = timestamp === 0 ? "key" : "delta";
  decoder.decode(new EncodedVideoChunk({ type, timestamp, data: pictures()[timestamp]! }));
  for (let request = 0; request < usualRequests; request++)
    decoder.decode(new EncodedVideoChunk({ type: "delta", timestamp, data: endOfSequence }));
}

function pictures(): Uint8Array<ArrayBuffer>[] {
  const bytes = Uint8Array.from(atob(clip), (character) => character.charCodeAt(0));
  const b = bytes.length - lastPictureBytes.b;
  const p = b - lastPictureBytes.p;
  return [bytes.slice(0, p), bytes.slice(p, b), bytes.slice(b)];
}

/** Waits for the next frame of a decoder. */
class Outputs {
  #frame: VideoFrame | undefined;
  #take: ((frame: VideoFrame | undefined) => void) | undefined;

  readonly output = (frame: VideoFrame) => {
    this.#frame?.close();
    this.#frame = frame;
    this.#take?.(frame);
  };

  readonly error = () => this.#take?.(undefined);

  after(act: () => void, timeoutMs: number): Promise<VideoFrame | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(undefined), timeoutMs);
      this.#take = (frame) => {
        clearTimeout(timer);
        resolve(frame);
      };
      act();
    });
  }

  close(): void {
    this.#take = undefined;
    this.#frame?.close();
  }
}

/** Some samples of the picture's first plane, which is luma as a rule. */
async function lumaOf(frame: VideoFrame): Promise<Uint8Array> {
  const bytes = new Uint8Array(frame.allocationSize());
  await frame.copyTo(bytes);
  return bytes.slice(0, frame.codedWidth * 64);
}

function isLike(one: Uint8Array, other: Uint8Array): boolean {
  let difference = 0;
  for (let at = 0; at < one.length; at++) difference += Math.abs(one[at]! - (other[at] ?? 0));
  return difference / one.length < 8;
}
