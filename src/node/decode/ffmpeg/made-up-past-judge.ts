import type { AccessUnit } from "../../../h264/access-unit.js";
import { GradualRefresh } from "../../../live/decoding/pictures/gradual-refresh.js";
import type { WholenessJudge } from "../../../live/decoding/pictures/line-decoder.js";
import type { AvFrame } from "../../ffmpeg.js";
import { MadeUpPastDecoders } from "./made-up-past-decoders.js";
import type { PromptCodec } from "./prompt-codec.js";

/**
 * The codec that is judged and two of `MadeUpPastDecoders`. Together they keep within the bound.
 */
const codecs = 3;

/**
 * Judges the pictures of streams without random access points (`GradualRefresh`): those that decode
 * alike after different made-up pasts are whole.
 */
export class MadeUpPastJudge implements WholenessJudge<AvFrame> {
  readonly #codec: PromptCodec;
  readonly #maxDecodedBytes: number;
  readonly #refresh = new GradualRefresh();
  /** Decoders with other pasts, while a round is under way. */
  #others: MadeUpPastDecoders | undefined;
  /** Losses before this round. */
  #losses = 0;

  /**
   * @param codec whose pictures are judged; it is given a made-up past too
   * @param maxDecodedBytes bound of the decoded pictures of all codecs together
   */
  constructor(codec: PromptCodec, maxDecodedBytes: number) {
    this.#codec = codec;
    this.#maxDecodedBytes = maxDecodedBytes;
  }

  get isJudging(): boolean {
    return this.#others !== undefined;
  }

  canJudge(unit: AccessUnit): boolean {
    return unit.format.decodedBytes * codecs <= this.#maxDecodedBytes && this.#refresh.canFollow(unit);
  }

  prepare(unit: AccessUnit, losses: number, renew: () => void): void {
    if (losses !== this.#losses) this.#refresh.stop();
    this.#losses = losses;
    if (!this.#refresh.canFollow(unit)) {
      this.#closeOthers();
      return;
    }
    const preparation = this.#refresh.prepare(unit);
    if (preparation.start === "none") return;
    this.#closeOthers();
    if (preparation.start === "all") {
      renew();
      for (const data of preparation.own) this.#codec.decodeMadeUp(data);
    }
    this.#others = new MadeUpPastDecoders(preparation.others);
  }

  /** Decodes, in the other decoders, the access unit that was sent to the codec. */
  send(unit: AccessUnit): void {
    this.#others?.decode(unit);
  }

  judge(unit: AccessUnit, frame: AvFrame | undefined): { isWhole: boolean; isOver: boolean } {
    const isAlike = frame !== undefined && this.#others?.isAlike(frame) === true;
    const isWhole = this.#refresh.judge(unit, isAlike);
    const { isOver } = this.#refresh;
    if (isOver) this.stop();
    return { isWhole, isOver };
  }

  stop(): void {
    this.#refresh.stop();
    this.#closeOthers();
  }

  #closeOthers(): void {
    this.#others?.close();
    this.#others = undefined;
  }
}
