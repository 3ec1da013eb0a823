import { encodeTestPictures } from "./x264.js";

/**
 * A clip whose loop filter has something to do: 256x192, coarse, an IDR picture every 30 and two B
 * pictures between others, of which one is a reference. The test camera is too quick for that.
 */
export function makeFilteredClip(pictures: number): Uint8Array[] {
  const parameters = "keyint=30:min-keyint=30:scenecut=0:bframes=2:b-adapt=0:qp=34";
  return encodeTestPictures({ width: 256, height: 192, pictures, preset: "veryfast", parameters });
}
