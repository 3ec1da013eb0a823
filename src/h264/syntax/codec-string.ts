import { constraintSetFlag, isLevel1b, type SequenceParameterSet } from "./sequence-parameter-set.js";

/**
 * The codec in the form of RFC 6381, as WebCodecs has it: `avc1.PPCCLL`, with profile, constraint
 * flags and level in hexadecimal.
 */
export function codecString(sps: SequenceParameterSet): string {
  const bytes = [sps.profileIdc, sps.constraintSetFlags, sps.levelIdc];
  return `avc1.${bytes.map((byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join("")}`;
}

/** Profiles whose name does not depend on constraint flags (annexes A, F, G, H). */
const plainProfiles: ReadonlyMap<number, string> = new Map([
  [44, "CAVLC 4:4:4 Intra"],
  [77, "Main"],
  [83, "Scalable Baseline"],
  [88, "Extended"],
  [118, "Multiview High"],
  [128, "Stereo High"],
  [134, "MFC High"],
  [135, "MFC Depth High"],
  [138, "Multiview Depth High"],
  [139, "Enhanced Multiview Depth High"],
  [144, "High 4:4:4"],
]);

/**
 * The profile's name in the standard (A.2), such as "Constrained Baseline". An unknown number gives
 * "profile 123".
 */
export function profileName(sps: SequenceParameterSet): string {
  const intra = constraintSetFlag(sps, 3) ? " Intra" : "";
  const progressive = constraintSetFlag(sps, 4);
  switch (sps.profileIdc) {
    case 66:
      return constraintSetFlag(sps, 1) ? "Constrained Baseline" : "Baseline";
    case 86:
      return `Scalable High${intra}`;
    case 100:
      return progressive ? (constraintSetFlag(sps, 5) ? "Constrained High" : "Progressive High") : "High";
    case 110:
      return progressive && !intra ? "Progressive High 10" : `High 10${intra}`;
    case 122:
      return `High 4:2:2${intra}`;
    case 244:
      return intra ? "High 4:4:4 Intra" : "High 4:4:4 Predictive";
    default:
      return plainProfiles.get(sps.profileIdc) ?? `profile ${sps.profileIdc}`;
  }
}

/** The level's name (A.3): "1b", or a number with one decimal, such as "4.0". */
export function levelName(sps: SequenceParameterSet): string {
  return isLevel1b(sps) ? "1b" : `${Math.floor(sps.levelIdc / 10)}.${sps.levelIdc % 10}`;
}
