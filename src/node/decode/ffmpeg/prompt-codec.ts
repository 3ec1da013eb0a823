import type { AccessUnit } from "../../../h264/access-unit.js";
import {
  AVDISCARD_DEFAULT,
  AVDISCARD_NONREF,
  type AvFrame,
  type CodecContext,
  Packet,
} from "../../ffmpeg.js";
import { type ContextOptions, endOfSequence, newFrame, noPicture, openContext } from "./codec-context.js";

/**
 * FFmpeg's H.264 decoder, which is asked for each picture as soon as it was sent. Opens on demand.
 */
export class PromptCodec {
  readonly #options: ContextOptions;
  readonly #take: (sequence: number, avFrame: AvFrame) => void;
  readonly #packet = new Packet();
  /** Empty frames of FFmpeg, for reuse. */
  readonly #emptyFrames: AvFrame[] = [];
  #context: CodecContext | undefined;
  #needsParameterSets = true;
  /** Pictures that FFmpeg was sent since it was opened and has not output. */
  #owed = 0;

  /**
   * @param take gets each picture with the sequence number of its access unit, and returns the
   *   frame by `recycle`
   */
  constructor(options: ContextOptions, take: (sequence: number, avFrame: AvFrame) => void) {
    this.#options = options;
    this.#take = take;
    this.#packet.alloc();
  }

  /**
   * Sends an access unit. `skipLoopFilter` leaves out the loop filter in pictures that no other
   * refers to.
   *
   * @returns a negative number, FFmpeg's error code, when FFmpeg refused the access unit
   * @throws DecodeError when FFmpeg has no H.264 decoder or cannot open it
   */
  send(unit: AccessUnit, skipLoopFilter: boolean): number {
    const context = this.#opened;
    this.#packet.data = this.#packetData(unit);
    this.#packet.pts = BigInt(unit.sequence);
    // FFmpeg applies this slice by slice, and always filters those whose nal_ref_idc is not 0.
    if (skipLoopFilter) context.setOption("skip_loop_filter", AVDISCARD_NONREF);
    const result = context.sendPacketSync(this.#packet);
    if (skipLoopFilter) context.setOption("skip_loop_filter", AVDISCARD_DEFAULT);
    return result;
  }

  /** Decodes a made-up picture that later ones refer to. */
  decodeMadeUp(data: Uint8Array): void {
    const context = this.#opened;
    this.#packet.data = Buffer.from(data);
    this.#packet.pts = noPicture;
    context.sendPacketSync(this.#packet);
    this.ask();
  }

  /** Asks for the picture that was sent. To be called once all of it was sent. */
  ask(): void {
    const context = this.#opened;
    this.#owed++;
    // FFmpeg outputs one picture per request, and a field without a partner only after the next
    // picture.
    let owedBefore: number;
    do {
      owedBefore = this.#owed;
      this.#packet.data = endOfSequence;
      context.sendPacketSync(this.#packet);
      this.#takePictures(context);
    } while (this.#owed > 0 && this.#owed < owedBefore);
  }

  /** Takes back a frame. */
  recycle(avFrame: AvFrame): void {
    avFrame.unref();
    this.#emptyFrames.push(avFrame);
  }

  /**
   * Closes the decoder; what follows gets a new one. Flushing is not enough: FFmpeg keeps the
   * coefficients of a CAVLC macroblock that it could not read to the end, and adds them to a
   * macroblock of a later picture without an error.
   */
  renew(): void {
    this.#context?.freeContext();
    this.#context = undefined;
    this.#needsParameterSets = true;
    this.#owed = 0;
  }

  /** Frees everything. To be called once all frames are back; nothing can be decoded afterwards. */
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
