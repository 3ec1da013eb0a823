import { TestPicture } from "../../src/node/source/test-picture.js";
import { encodeWithX264 } from "./x264.js";

/**
 * A clip whose loop filter has something to do: 256x192, coarse, an IDR picture every 30 and two B pictures between others, of
 * which one is a reference. The test camera is too quick for that.
 */
export function makeFilteredClip(pictures: number): Uint8Array[] {
  const [width, height] = [256, 192];
  const parameters = "keyint=30:min-keyint=30:scenecut=0:bframes=2:b-adapt=0:qp=34";
  const picture = new TestPicture(width, height, 1);
  return encodeWithX264({ width, height, pictures, preset: "veryfast", parameters }, (frame, number) => {
    const [y, u, v] = frame.data as Buffer[];
    const planes = { y: y!, u: u!, v: v!, yStride: frame.linesize[0]!, uvStride: frame.linesize[1]! };
    picture.draw(planes, number, number / 30, "00:00:00.000");
  });
}
