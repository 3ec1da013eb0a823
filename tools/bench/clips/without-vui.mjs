// Removes the VUI from a sequence parameter set, so that nothing says how far pictures are
// reordered.

/**
 * @param {Buffer} accessUnit Annex B
 * @returns {Buffer} the same with vui_parameters_present_flag 0 in its sequence parameter set, if
 *   it has one
 */
export function withoutVui(accessUnit) {
  const start = accessUnit.indexOf(Buffer.from([0, 0, 1, 0x67]));
  if (start < 0) return accessUnit;
  const found = accessUnit.indexOf(Buffer.from([0, 0, 1]), start + 3);
  let end = found < 0 ? accessUnit.length : found;
  while (accessUnit[end - 1] === 0) end--;
  return Buffer.concat([
    accessUnit.subarray(0, start + 3),
    strip(accessUnit.subarray(start + 3, end)),
    accessUnit.subarray(end),
  ]);
}

/**
 * Follows 7.3.2.1.1 up to the flag.
 *
 * @param {Buffer} nal header byte first
 */
function strip(nal) {
  const bits = toBits(removeEmulationPrevention(nal.subarray(1)));
  let at = 24; // profile_idc, constraint flags, level_idc
  /** @param {number} count */
  const u = (count) => Number.parseInt(bits.slice(at, (at += count)), 2);
  const ue = () => {
    const zeros = bits.indexOf("1", at) - at;
    at += zeros;
    return u(zeros + 1) - 1;
  };
  const profile = Number.parseInt(bits.slice(0, 8), 2);
  ue(); // seq_parameter_set_id
  if (profile >= 100) {
    if (ue() === 3) u(1); // chroma_format_idc, separate_colour_plane_flag
    ue(); // bit_depth_luma_minus8
    ue(); // bit_depth_chroma_minus8
    u(1); // qpprime_y_zero_transform_bypass_flag
    if (u(1)) throw new Error("The sequence parameter set has scaling lists, which x264 does not write");
  }
  ue(); // log2_max_frame_num_minus4
  const orderType = ue(); // pic_order_cnt_type
  if (orderType === 0) ue(); // log2_max_pic_order_cnt_lsb_minus4
  if (orderType === 1) throw new Error("pic_order_cnt_type is 1, which x264 does not write");
  ue(); // max_num_ref_frames
  u(1); // gaps_in_frame_num_value_allowed_flag
  ue(); // pic_width_in_mbs_minus1
  ue(); // pic_height_in_map_units_minus1
  if (!u(1)) u(1); // frame_mbs_only_flag, mb_adaptive_frame_field_flag
  u(1); // direct_8x8_inference_flag
  if (u(1)) for (let edge = 0; edge < 4; edge++) ue(); // frame_cropping_flag and offsets
  const stripped = `${bits.slice(0, at)}01`; // vui_parameters_present_flag, rbsp_stop_one_bit
  return Buffer.concat([nal.subarray(0, 1), addEmulationPrevention(fromBits(stripped))]);
}

/** @param {Uint8Array} bytes */
const toBits = (bytes) => Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");

/** @param {string} bits */
const fromBits = (bits) =>
  Buffer.from(bits.match(/.{1,8}/g)?.map((byte) => Number.parseInt(byte.padEnd(8, "0"), 2)) ?? []);

/** @param {Buffer} bytes */
function removeEmulationPrevention(bytes) {
  return bytes.filter((byte, index) => !(byte === 3 && bytes[index - 1] === 0 && bytes[index - 2] === 0));
}

/** @param {Buffer} bytes */
function addEmulationPrevention(bytes) {
  /** @type {number[]} */
  const out = [];
  for (const byte of bytes) {
    if (byte <= 3 && out.at(-1) === 0 && out.at(-2) === 0) out.push(3);
    out.push(byte);
  }
  return Buffer.from(out);
}
