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

/** An FFmpeg call failed; the message is FFmpeg's. */
export class FfmpegFailure extends Error {}

/** The input has no video that nalive can take; the message says what it has. */
export class NoH264Error extends Error {}

/**
 * The H.264 video of whatever FFmpeg can open, as access units in Annex B.
 *
 * Waiting happens in a thread of the pool, so {@link interrupt} can end it; it holds that thread
 * meanwhile.
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
   * Opens it and finds the video. Throws `FfmpegFailure` or `NoH264Error`.
   * @param options FFmpeg's options of the protocol and the format
   */
  async open(url: string, options: Record<string, string>): Promise<void> {
    const dictionary = Dictionary.fromObject(options);
    try {
      check(await this.#format.openInput(url, null, dictionary));
    } finally {
      dictionary.free();
    }
    this.#opened = true;
    // Probing costs seconds on a live stream; most formats tell the codec at once.
    if (!this.#h264Stream()) check(await this.#format.findStreamInfo(null));
    const stream = this.#h264Stream();
    if (!stream) throw new NoH264Error(this.#describeStreams());
    this.#stream = stream.index;
    const annexB = BitStreamFilter.getByName("h264_mp4toannexb");
    if (!annexB) throw new Error("this FFmpeg has no h264_mp4toannexb filter");
    check(this.#filter.alloc(annexB));
    const { inputCodecParameters } = this.#filter;
    if (inputCodecParameters) check(stream.codecpar.copy(inputCodecParameters));
    this.#filter.inputTimeBase = stream.timeBase;
    check(this.#filter.init());
  }

  /**
   * Parameter sets that came beside the stream in Annex B form, as RTSP's sprop-parameter-sets; the
   * stream may lack them.
   */
  get parameterSets(): Uint8Array | undefined {
    const extradata = this.#format.streams[this.#stream]?.codecpar.extradata;
    return extradata && extradata.length > 4 && extradata[0] === 0 && extradata[1] === 0
      ? extradata
      : undefined;
  }

  /**
   * The next access units, each valid until the next is asked for; ends at the end of input. Throws
   * `FfmpegFailure`.
   */
  async *accessUnits(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const result = await this.#format.readFrame(this.#packet);
      if (result === AVERROR_EOF) return;
      check(result);
      if (this.#packet.streamIndex !== this.#stream) {
        this.#packet.unref();
        continue;
      }
      // A packet that the filter refuses is damaged: what follows may be sound.
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

  /** Ends a wait for the network; what waited fails. */
  interrupt(): void {
    this.#format.interrupt();
  }

  /** Frees everything. Not while a call waits: interrupt it first. */
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
    return names.length > 0 ? [...new Set(names)].join(", ") : "nothing that FFmpeg knows";
  }
}

function check(result: number): void {
  if (result < 0) throw new FfmpegFailure(FFmpegError.strerror(result));
}
