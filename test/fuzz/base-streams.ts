import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  AV_PIX_FMT_GRAY8,
  AV_PIX_FMT_YUV420P10LE,
  AV_PIX_FMT_YUV422P,
  AV_PIX_FMT_YUV422P10LE,
  AV_PIX_FMT_YUV444P,
} from "node-av/constants";
import { hex } from "../support/bytes.js";
import { type ClipSyntax, encodeClip } from "./encode.js";
import { root } from "./root.js";

/** A stream that inputs are made from. */
export interface BaseStream {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** By oddity. */
const clips: Readonly<Record<string, ClipSyntax>> = {
  "cavlc-p-only": { parameters: "cabac=0:bframes=0:ref=3:8x8dct=0" },
  "cabac-b-pyramid": { parameters: "bframes=3:b-pyramid=normal:b-adapt=0:ref=4:weightp=2" },
  "slices-aud": { parameters: "slices=5:bframes=1:b-adapt=0:aud=1" },
  "slice-a-row-cavlc": { parameters: "slice-max-mbs=6:cabac=0:bframes=0" },
  mbaff: { height: 96, parameters: "interlaced=1:bframes=2:b-adapt=0" },
  "fake-interlaced": { height: 96, parameters: "fake-interlaced=1:pic-struct=1" },
  "intra-refresh": { parameters: "intra-refresh=1:bframes=0:keyint=8" },
  "open-gop": { parameters: "open-gop=1:bframes=3:b-adapt=0:keyint=5" },
  "hrd-sei": {
    parameters: "nal-hrd=vbr:vbv-maxrate=400:vbv-bufsize=400:bitrate=300:pic-struct=1",
  },
  "ten-bit": { pixelFormat: AV_PIX_FMT_YUV420P10LE, parameters: "bframes=1:b-adapt=0" },
  "422": { pixelFormat: AV_PIX_FMT_YUV422P, parameters: "cabac=0:bframes=0" },
  "422-ten-bit-intra": { pixelFormat: AV_PIX_FMT_YUV422P10LE, parameters: "keyint=1" },
  "444-lossless": { pixelFormat: AV_PIX_FMT_YUV444P, parameters: "qp=0:bframes=0" },
  monochrome: { pixelFormat: AV_PIX_FMT_GRAY8, parameters: "bframes=1:b-adapt=0" },
  "scaling-lists": { parameters: "cqm=jvt:8x8dct=1:constrained-intra=1" },
  "cropped-tiny": { width: 18, height: 34, parameters: "bframes=0:no-deblock=1" },
};

/** One clip for each oddity, encoded in each run: the same bytes each time. */
export function encodedStreams(): BaseStream[] {
  return Object.entries(clips).map(([name, syntax]) => ({ name, bytes: encodeClip(syntax) }));
}

/** The streams written by hand: hexadecimal text, `#` begins a remark. */
export function corpus(): BaseStream[] {
  const folder = new URL("test/fuzz/corpus/", root);
  return readdirSync(folder)
    .sort()
    .map((file) => ({
      name: file.replace(/\.hex$/, ""),
      bytes: hex(readFileSync(new URL(file, folder), "utf8").replace(/#.*$/gm, "")),
    }));
}

/** Larger ones are cut: there is time for mutations in the first part only. */
const largestStream = 192 * 1024;

/** All files of a folder and the folders in it. */
export function streamsOf(folder: string): BaseStream[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .sort()
    .filter((file) => statSync(join(folder, file)).isFile())
    .map((file) => ({
      name: file,
      bytes: new Uint8Array(readFileSync(join(folder, file)).subarray(0, largestStream)),
    }));
}
