// The bitstream layer alone: what a file's access units are, without decoding. Runs in browsers too.
import { readFileSync } from "node:fs";
import { IssueCounter, microseconds, receiveAccessUnits } from "nalive/h264";

const clock = { now: () => microseconds(0), startTimer: () => () => {} };
const printer = {
  push: ({ sequence, picture, data }) =>
    console.log(sequence, picture.type, picture.pictureOrderCount, data.length),
  close: () => {},
};
const { input } = receiveAccessUnits(printer, clock, new IssueCounter(), { isLive: false });
input.push({ data: readFileSync(process.argv[2]), receivedAt: clock.now(), framing: "none" });
input.close();
