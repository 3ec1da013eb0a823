// Streams written bit by bit, which no encoder here makes: field pictures, groups of pictures of
// any length, any picture order counts.
import { RbspWriter } from "../../../dist/h264/syntax/rbsp-writer.js";

const startCode = Uint8Array.of(0, 0, 0, 1);
const frameNumBits = 8;
const orderCountBits = 8;
const samplesOfMacroblock = 384;

/**
 * @typedef {object} WriterOptions
 * @property {number} columns width in macroblocks
 * @property {number} rows height of a frame in macroblocks
 * @property {boolean} [fields] each frame is two field pictures
 * @property {boolean} [layers] two temporal layers: every second picture is a reference that only
 *   itself refers to, so it can be left out. Frames only.
 * @property {boolean} [gapsAllowed] gaps_in_frame_num_value_allowed_flag
 * @property {readonly number[]} [counts] picture order counts of a group's pictures, in decoding
 *   order. Default: output order is decoding order. Frames only.
 * @property {number} [statedDepth] max_num_reorder_frames. Default: no VUI
 * @property {number} [firstNumber] the samples begin with those of this number
 *
 * @typedef {object} WrittenSpec
 * @property {string} name what is odd about it
 * @property {WriterOptions & { keyint?: number }} written `keyint`: pictures of a group; one for
 *   each of `counts` by default
 * @property {number} pictures
 *
 * @typedef {0 | 1 | undefined} Parity of a field: 0 top, 1 bottom; undefined for a frame
 */

/**
 * @param {WrittenSpec} spec
 * @param {number} firstNumber number of the first picture
 * @returns {Uint8Array[]} access units; both fields of a frame are one here
 */
export function write({ written, pictures }, firstNumber) {
  const writer = new StreamWriter({ ...written, firstNumber });
  const keyint = written.keyint ?? written.counts?.length ?? pictures;
  return Array.from({ length: pictures }, (_, number) => writer.picture(number, number % keyint === 0));
}

/**
 * Writes pictures in 4:2:0, CAVLC, without loop filter. All macroblocks of the IDR picture are
 * I_PCM. Each later picture has one I_PCM macroblock, another each time, and skips the others,
 * which copies them from the picture before; in a field, from the field of the same parity. So the
 * decoded picture is known without a decoder (`planes`), and a loss has no trace once each
 * macroblock has had its turn.
 */
export class StreamWriter {
  /** Samples of the latest picture: Y, U and V of the frame, one after the other. */
  planes;
  #options;
  #columns;
  #rows;
  #isFields;
  #firstNumber;
  /** Samples of the latest picture that others refer to. */
  #base;
  #frameNum = 0;
  /** Place in its group. */
  #place = 0;
  #idrPicId = 0;
  #turn = 0;

  /** @param {WriterOptions} options */
  constructor(options) {
    const { columns, rows, fields = false, firstNumber = 0 } = options;
    this.#options = options;
    this.#columns = columns;
    this.#rows = fields ? rows / 2 : rows;
    this.#isFields = fields;
    this.#firstNumber = firstNumber;
    this.#base = new Uint8Array(columns * rows * samplesOfMacroblock);
    this.planes = this.#base;
  }

  /**
   * The next picture's access unit, or both for a frame in two fields.
   *
   * @param {number} number decides its samples
   * @param {boolean} isIdr
   */
  picture(number, isIdr) {
    this.#place++;
    if (isIdr) {
      this.#place = 0;
      this.#frameNum = 0;
      this.#idrPicId = 1 - this.#idrPicId;
    } else this.#frameNum = (this.#frameNum + 1) % 2 ** frameNumBits;
    const isLayer = this.#options.layers && this.#frameNum % 2 === 1;
    this.planes = isLayer ? this.#base.slice() : this.#base;
    const turn = this.#turn++ % (this.#columns * this.#rows);
    const parts = isIdr ? [startCode, this.#sps(), startCode, this.#pps()] : [];
    for (const parity of /** @type {Parity[]} */ (this.#isFields ? [0, 1] : [undefined]))
      parts.push(startCode, this.#slice(number, parity, isIdr, turn));
    return new Uint8Array(Buffer.concat(parts));
  }

  /** Main profile. Without counts pic_order_cnt_type 2: output order is decoding order. */
  #sps() {
    const { counts, statedDepth, gapsAllowed = false } = this.#options;
    const order = counts ? [0, orderCountBits - 4] : [2];
    const writer = new RbspWriter()
      .u(8, 77)
      .u(8, 0)
      .u(8, 30)
      .ue(0, frameNumBits - 4, ...order, 2)
      .flags(gapsAllowed)
      .ue(this.#columns - 1, this.#rows - 1)
      .flags(!this.#isFields);
    if (this.#isFields) writer.flags(false);
    writer.flags(true, false, statedDepth !== undefined);
    // A VUI of which only the bitstream_restriction is present (E.1.1).
    if (statedDepth !== undefined)
      writer.flags(...Array(8).fill(false), true, true).ue(2, 1, 15, 15, statedDepth, 2);
    return writer.nalUnit(0x67);
  }

  /** With deblocking_filter_control_present_flag. */
  #pps() {
    return new RbspWriter()
      .ue(0, 0)
      .flags(false, false)
      .ue(0, 0, 0)
      .flags(false)
      .u(2, 0)
      .ue(0, 0, 0)
      .flags(true, false, false)
      .nalUnit(0x68);
  }

  /**
   * @param {number} number
   * @param {Parity} parity
   * @param {boolean} isIdr
   * @param {number} turn address of the macroblock whose turn it is
   */
  #slice(number, parity, isIdr, turn) {
    const isIdrSlice = isIdr && parity !== 1;
    const writer = new RbspWriter().ue(0, isIdr ? 7 : 5, 0).u(frameNumBits, this.#frameNum);
    if (parity !== undefined) writer.flags(true, parity === 1);
    if (isIdrSlice) writer.ue(this.#idrPicId);
    const count = this.#options.counts?.[this.#place];
    if (count !== undefined) writer.u(orderCountBits, count & (2 ** orderCountBits - 1));
    if (!isIdr) this.#references(writer);
    writer.flags(false);
    if (isIdrSlice) writer.flags(false);
    // slice_qp_delta, disable_deblocking_filter_idc.
    writer.ue(0, 1);
    const macroblocks = this.#columns * this.#rows;
    if (isIdr)
      for (let address = 0; address < macroblocks; address++)
        this.#pcm(writer.ue(25), number, parity, address);
    else {
      this.#pcm(writer.ue(turn, 30), number, parity, turn);
      if (turn < macroblocks - 1) writer.ue(macroblocks - 1 - turn);
    }
    return writer.nalUnit(isIdrSlice ? 0x65 : 0x61);
  }

  /**
   * The list of references has one entry: the picture before, or the one before that for a picture
   * of the lower layer (7.3.3.1).
   *
   * @param {RbspWriter} writer
   */
  #references(writer) {
    const modified = this.#options.layers === true && this.#frameNum % 2 === 0;
    writer.flags(false, modified);
    if (modified) writer.ue(0, 1, 3);
  }

  /**
   * pcm_sample_luma and pcm_sample_chroma, never 0 (7.4.5).
   *
   * @param {RbspWriter} writer
   * @param {number} number
   * @param {Parity} parity
   * @param {number} address
   */
  #pcm(writer, number, parity, address) {
    writer.alignWithZeros();
    const width = this.#columns * 16;
    const height = this.#rows * 16 * (parity === undefined ? 1 : 2);
    const step = parity === undefined ? 1 : 2;
    let state =
      Math.imul(this.#firstNumber + number + 1, 0x9e3779b1) ^
      Math.imul(address + 1 + (parity ?? 0) * 4096, 0x85ebca6b);
    let base = 0;
    for (const [index, shift] of [0, 1, 1].entries()) {
      const size = 16 >> shift;
      const left = (address % this.#columns) * size;
      const top = Math.floor(address / this.#columns) * size;
      const stride = width >> shift;
      for (let at = 0; at < size * size; at++) {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223 + index) | 0;
        const sample = 16 + ((state >>> 24) % 200);
        const row = (top + Math.floor(at / size)) * step + (parity ?? 0);
        this.planes[base + row * stride + left + (at % size)] = sample;
        writer.u(8, sample);
      }
      base += stride * (height >> shift);
    }
  }
}
