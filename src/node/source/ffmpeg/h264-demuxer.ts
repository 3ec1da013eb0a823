import {
  AV_CODEC_ID_H264,
  AVERROR_EOF,
  AVMEDIA_TYPE_VIDEO,
  avGetCodecName,
  BitStreamFilter,
  BitStreamFilterContext,
  Dictionary,
  FFmpegError,
  FormatContext,
  Packet,
} from "../../ffmpeg.js";
import { recognizeExtradata, startsWithFullStartCode } from "./extradata.js";

/** An FFmpeg call failed. The message is FFmpeg's. */
export class FfmpegFailure extends Error {}

/** The input has no H.264 video. The message says what it has. */
export class NoH264Error extends Error {}

/**
 * The H.264 video of anything that FFmpeg can open, as access units in Annex B.
 *
 * It waits in a thread of the pool and occupies that thread. {@link interrupt} ends the wait.
 */
export class H264Demuxer {
  readonly #format = new FormatContext();
  readonly #packet = new Packet();
  readonly #filtered = new Packet();
  readonly #filter = new BitStreamFilterContext();
  #stream = -1;
  #opened = false;

  constructor() {
    this.#format.allocContext();
    this.#packet.alloc();
    this.#filtered.alloc();
  }

  /**
   * Opens the input and finds the video.
   *
   * @param options FFmpeg's, for the protocol and the format
   * @throws `FfmpegFailure` or `NoH264Error`
   */
  async open(url: string, options: Record<string, string>): Promise<void> {
    const dictionary = Dictionary.fromObject(options);
    try {
      check(await this.#format.openInput(url, null, dictionary));
    } finally {
      dictionary.free();
    }
    this.#opened = true;
    // Probing takes seconds on a live stream, and most formats name the codec at once.
    if (!this.#h264Stream()) check(await this.#format.findStreamInfo(null));
    const stream = this.#h264Stream();
    if (!stream) throw new NoH264Error(this.#describeStreams());
    this.#stream = stream.index;
    const annexB = BitStreamFilter.getByName("h264_mp4toannexb");
    if (!annexB) throw new Error("This FFmpeg has no h264_mp4toannexb filter");
    check(this.#filter.alloc(annexB));
    const { inputCodecParameters } = this.#filter;
    if (inputCodecParameters) {
      check(stream.codecpar.copy(inputCodecParameters));
      // FFmpeg's decoder ignores extradata that it cannot read, but its filter refuses the stream.
      // Without any, the filter passes packets on as they are.
      const { extradata } = inputCodecParameters;
      if (extradata && recognizeExtradata(extradata) === "junk") inputCodecParameters.extradata = null;
    }
    this.#filter.inputTimeBase = stream.timeBase;
    check(this.#filter.init());
  }

  /**
   * Parameter sets beside the stream in Annex B form, such as RTSP's sprop-parameter-sets. The
   * stream may lack them.
   */
  get parameterSets(): Uint8Array | undefined {
    const extradata = this.#format.streams[this.#stream]?.codecpar.extradata;
    return extradata && recognizeExtradata(extradata) === "annex-b" ? extradata : undefined;
  }

  /**
   * Access units to the end of input, each valid until the next is asked for. Throws
   * `FfmpegFailure`.
   */
  async *accessUnits(): AsyncGenerator<Uint8Array> {
    let isAnnexB: boolean | undefined;
    for (;;) {
      const result = await this.#format.readFrame(this.#packet);
      if (result === AVERROR_EOF) return;
      check(result);
      if (this.#packet.streamIndex !== this.#stream) {
        this.#packet.unref();
        continue;
      }
      // Some files have start codes although their extradata announce lengths.
      isAnnexB ??= startsWithFullStartCode(this.#packet.data ?? new Uint8Array(0));
      if (isAnnexB) {
        const { data } = this.#packet;
        if (data) yield data;
        this.#packet.unref();
        continue;
      }
      // A packet that the filter refuses is damaged; those after it may be sound.
      if (this.#filter.sendPacketSync(this.#packet) < 0) this.#packet.unref();
      for (;;) {
        const received = this.#filter.receivePacketSync(this.#filtered);
        if (received < 0) break;
        const { data } = this.#filtered;
        if (data) yield data;
        this.#filtered.unref();
      }
    }
  }

  /** Ends a wait for the network. The call that waits fails. */
  interrupt(): void {
    this.#format.interrupt();
  }

  /** Frees everything. Call it only when no call waits: interrupt that first. */
  async close(): Promise<void> {
    this.#packet.free();
    this.#filtered.free();
    this.#filter.free();
    if (this.#opened) await this.#format.closeInput();
  }

  #h264Stream() {
    return this.#format.streams.find(({ codecpar }) => codecpar.codecId === AV_CODEC_ID_H264);
  }

  #describeStreams(): string {
    const names = this.#format.streams.map(({ codecpar }) => {
      const codec = avGetCodecName(codecpar.codecId) ?? `codec ${codecpar.codecId}`;
      return codecpar.codecType === AVMEDIA_TYPE_VIDEO ? `${codec} video` : codec;
    });
    return names.length > 0 ? [...new Set(names)].join(", ") : "no stream that FFmpeg knows";
  }
}

function check(result: number): void {
  if (result < 0) throw new FfmpegFailure(FFmpegError.strerror(result));
}
