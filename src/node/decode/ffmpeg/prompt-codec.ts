import type { AccessUnit } from "../../../h264/access-unit.js";
import {
  AVDISCARD_DEFAULT,
  AVDISCARD_NONREF,
  type AvFrame,
  type CodecContext,
  Packet,
} from "../../ffmpeg.js";
import { type ContextOptions, endOfSequence, newFrame, noPicture, openContext } from "./codec-context.js";

/** FFmpeg's H.264 decoder, asked for each picture as soon as it was sent. Opened when it is needed. */
export class PromptCodec {
  readonly #options: ContextOptions;
  readonly #take: (sequence: number, avFrame: AvFrame) => void;
  readonly #packet = new Packet();
  /** FFmpeg frames without a picture, to be used again. */
  readonly #emptyFrames: AvFrame[] = [];
  #context: CodecContext | undefined;
  #needsParameterSets = true;
  /** Pictures sent to FFmpeg since it was opened that it has not given out. */
  #owed = 0;

  /**
   * @param take gets each picture, with the number of its access unit, and gives the frame back to `recycle`
   */
  constructor(options: ContextOptions, take: (sequence: number, avFrame: AvFrame) => void) {
    this.#options = options;
    this.#take = take;
    this.#packet.alloc();
  }

  /**
   * Sends an access unit; of pictures that no other refers to, `skipLoopFilter` leaves the loop filter out.
   *
   * @returns FFmpeg's error code, negative, when it refused it
   * @throws DecodeError when FFmpeg has no H.264 decoder or cannot open it
   */
  send(unit: AccessUnit, skipLoopFilter: boolean): number {
    const context = this.#opened;
    this.#packet.data = this.#packetData(unit);
    this.#packet.pts = BigInt(unit.sequence);
    // FFmpeg looks at it slice by slice, and leaves those alone whose nal_ref_idc is not 0.
    if (skipLoopFilter) context.setOption("skip_loop_filter", AVDISCARD_NONREF);
    const result = context.sendPacketSync(this.#packet);
    if (skipLoopFilter) context.setOption("skip_loop_filter", AVDISCARD_DEFAULT);
    return result;
  }

  /** Decodes a made-up picture, for later ones to refer to. */
  decodeMadeUp(data: Uint8Array): void {
    const context = this.#opened;
    this.#packet.data = Buffer.from(data);
    this.#packet.pts = noPicture;
    context.sendPacketSync(this.#packet);
    this.ask();
  }

  /** Asks for the picture that was sent: all that there is of it. */
  ask(): void {
    const context = this.#opened;
    this.#owed++;
    // FFmpeg gives out one each time, and a field without a partner only after the picture that follows it.
    let owedBefore: number;
    do {
      owedBefore = this.#owed;
      this.#packet.data = endOfSequence;
      context.sendPacketSync(this.#packet);
      this.#takePictures(context);
    } while (this.#owed > 0 && this.#owed < owedBefore);
  }

  /** Takes a frame back. */
  recycle(avFrame: AvFrame): void {
    avFrame.unref();
    this.#emptyFrames.push(avFrame);
  }

  /**
   * A decoder of its own for what follows. Flushing FFmpeg's is not enough: it keeps the coefficients of a CAVLC
   * macroblock that it could not read to the end, and adds them to a macroblock of a later picture, without a word.
   */
  renew(): void {
    this.#context?.freeContext();
    this.#context = undefined;
    this.#needsParameterSets = true;
    this.#owed = 0;
  }

  /** Frees all, once every frame was taken back. Nothing can be decoded afterwards. */
  close(): void {
    this.renew();
    this.#packet.free();
    for (const avFrame of this.#emptyFrames.splice(0)) avFrame.free();
  }

  get #opened(): CodecContext {
    this.#context ??= openContext(this.#options);
    return this.#context;
  }

  #packetData(unit: AccessUnit): Buffer {
    const { data, parameterSets } = unit;
    if (!this.#needsParameterSets) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    this.#needsParameterSets = false;
    return Buffer.concat([parameterSets, data]);
  }

  #takePictures(context: CodecContext): void {
    for (;;) {
      const avFrame = this.#emptyFrames.pop() ?? newFrame();
      if (context.receiveFrameSync(avFrame) < 0) {
        this.#emptyFrames.push(avFrame);
        return;
      }
      this.#owed--;
      this.#take(Number(avFrame.pts), avFrame);
    }
  }
}
