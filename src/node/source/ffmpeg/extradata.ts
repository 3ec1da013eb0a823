/**
 * What a container's extradata for H.264 are: parameter sets after start codes, an
 * AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1), or something else.
 */
export type Extradata = "annex-b" | "avcc" | "junk";

/** Recognises extradata. Of an AVCDecoderConfigurationRecord, all parameter sets must be there. */
export function recognizeExtradata(data: Uint8Array): Extradata {
  if (startsWithStartCode(data)) return "annex-b";
  return isConfigurationRecord(data) ? "avcc" : "junk";
}

/** True if the bytes begin with `00 00 01` or `00 00 00 01`. */
function startsWithStartCode(data: Uint8Array): boolean {
  return (data[0] === 0 && data[1] === 0 && data[2] === 1) || startsWithFullStartCode(data);
}

/**
 * True if the bytes begin with `00 00 00 01`. An access unit with lengths cannot: it would begin
 * with a NAL unit of one byte, which only ends a sequence.
 */
export function startsWithFullStartCode(data: Uint8Array): boolean {
  return data[0] === 0 && data[1] === 0 && data[2] === 0 && data[3] === 1;
}

const spsType = 7;
const ppsType = 8;

function isConfigurationRecord(data: Uint8Array): boolean {
  if (data[0] !== 1) return false;
  let at = 5;
  const skipSets = (count: number, type: number): boolean => {
    for (let set = 0; set < count; set++) {
      const length = (data[at]! << 8) | data[at + 1]!;
      if (length === 0 || at + 2 + length > data.length || (data[at + 2]! & 31) !== type) return false;
      at += 2 + length;
    }
    return true;
  };
  if (data.length < at + 2 || !skipSets(data[at++]! & 31, spsType)) return false;
  return at < data.length && skipSets(data[at++]!, ppsType);
}
