// A program for any platform, as somebody else writes it against the published package.
import * as h264 from "nalive/h264";

export const names: readonly string[] = Object.keys(h264);
