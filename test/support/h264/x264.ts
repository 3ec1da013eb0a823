import { TestPicture } from "../../../src/node/source/test-camera/test-picture.js";
import { encodeWithX264, type X264Settings } from "../../../tools/shared/x264.mjs";

export { encodeWithX264 };

/** Encodes the test camera's pictures. Returns the access units. */
export function encodeTestPictures(settings: X264Settings): Uint8Array[] {
  const picture = new TestPicture(settings.width, settings.height, 1);
  return encodeWithX264(settings, (frame, number) => {
    const [y, u, v] = frame.data as Buffer[];
    const planes = { y: y!, u: u!, v: v!, yStride: frame.linesize[0]!, uvStride: frame.linesize[1]! };
    picture.draw(planes, number, number / 30, "00:00:00.000");
  });
}
