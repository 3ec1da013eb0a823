import { CabacDecoder } from "../../../../src/h264/slice-data/cabac-decoder.js";
import { CabacEncoder } from "./cabac-encoder.js";

/** How the bins of a test are coded. */
export interface BinCoding {
  /** Default: an I slice where no bin needs the contexts of P and B slices, else 0. */
  readonly cabacInitIdc?: number;
  /** SliceQPY. Default: 26. */
  readonly qp?: number;
}

/**
 * Encodes bins and has them read.
 *
 * @param script the bins in order: `54:1` is a 1 with ctxIdx 54, `b0` a bypass bin, `t0` a bin
 *   before termination
 * @param read reads these bins and no others, each with its ctxIdx: else this throws
 * @returns what `read` returns
 */
export function readBins<Result>(
  script: string,
  read: (cabac: CabacDecoder) => Result,
  { cabacInitIdc = needsInter(script) ? 0 : undefined, qp = 26 }: BinCoding = {},
): Result {
  const expected = binsOf(script);
  const encoder = new CabacEncoder(cabacInitIdc, qp);
  for (const bin of expected) encodeBin(encoder, bin);
  if (expected.at(-1) !== "t1") encoder.terminate(1);
  const decoder = new NotingDecoder();
  decoder.start(bytesOf([...encoder.bits, 1]), 0, cabacInitIdc, qp, true);
  const result = read(decoder);
  const bins = decoder.bins.join(" ");
  if (bins !== expected.join(" ")) throw new Error(`expected the bins ${expected.join(" ")}, read ${bins}`);
  return result;
}

/** The bins of a script. */
export function binsOf(script: string): string[] {
  return script.split(/\s+/).filter((bin) => bin !== "");
}

/** Encodes one bin of a script. */
export function encodeBin(encoder: CabacEncoder, bin: string): void {
  const value = Number(bin.at(-1));
  if (bin.startsWith("b")) encoder.bypass(value);
  else if (bin.startsWith("t")) encoder.terminate(value);
  else encoder.decision(Number.parseInt(bin, 10), value);
}

/** The decoder, noting each bin as a script has it. */
class NotingDecoder extends CabacDecoder {
  readonly bins: string[] = [];

  override decision(context: number): number {
    return this.#note(`${context}:`, super.decision(context));
  }

  override bypass(): number {
    return this.#note("b", super.bypass());
  }

  override terminate(): 0 | 1 {
    return this.#note("t", super.terminate());
  }

  #note<Value extends number>(kind: string, value: Value): Value {
    this.bins.push(`${kind}${value}`);
    return value;
  }
}

/** ctxIdx 11 to 59 belong to P and B slices. */
function needsInter(script: string): boolean {
  return /(?:^|\s)(?:1[1-9]|[2-5]\d):/.test(script);
}

/** Bits as bytes, filled up with zeros, and zeros after them as `CabacDecoder` wants them. */
export function bytesOf(bits: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(bits.length / 8) + 64);
  for (const [index, bit] of bits.entries()) bytes[index >> 3]! |= bit << (7 - (index & 7));
  return bytes;
}
