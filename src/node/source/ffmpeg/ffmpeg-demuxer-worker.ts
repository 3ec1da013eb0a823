import type { ErrorCode } from "../../../core/errors.js";
import { AV_LOG_QUIET, Log } from "../../ffmpeg.js";
import { noSuchFile } from "../files/no-such-file.js";
import { messageOf } from "../sockets/socket-errors.js";
import { WorkerOutlet } from "../worker/worker-outlet.js";
import type { FfmpegDemuxerSettings } from "./ffmpeg-demuxer.js";
import { FfmpegFailure, H264Demuxer, NoH264Error } from "./h264-demuxer.js";

/** Reading waits while this many access units are on their way to the main thread. */
const mostWaiting = 32;

const outlet = new WorkerOutlet();
const settings = outlet.settings as FfmpegDemuxerSettings;

const { url } = settings;
const isSdpFile = /\.sdp$/i.test(url) && !url.includes("://");

/** FFmpeg's options for the least delay. Protocols ignore options that they do not know. */
const liveOptions = {
  // noparse: FFmpeg's parser waits for the next picture to find the end of one. Not nobuffer, which
  // discards what probing reads.
  fflags: "noparse",
  probesize: "65536",
  analyzeduration: "500000",
  rtsp_transport: "tcp",
  // An .sdp file may only name RTP ports.
  ...(isSdpFile ? { protocol_whitelist: "file,udp,rtp,rtcp" } : {}),
  // µs. Without these, a dead server is never given up. RTSP and SRT know `timeout`, all others
  // `rw_timeout`.
  rw_timeout: "5000000",
  // It would make RTMP listen for a sender.
  ...(/^rtmps?:/i.test(url) ? {} : { timeout: "5000000" }),
};

const demuxer = new H264Demuxer();
let connected = false;

Log.setLevel(AV_LOG_QUIET);
outlet.onOrder(() => {
  if (outlet.stopped) demuxer.interrupt();
});
try {
  await run();
  outlet.close(undefined, settings.container);
} catch (error) {
  outlet.close(...explain(error));
} finally {
  await demuxer.close();
}

async function run(): Promise<void> {
  await demuxer.open(url, settings.container ? {} : liveOptions);
  outlet.connected(settings.name);
  connected = true;
  // Parameter sets that came beside the stream may be missing in it. They go with the first access
  // unit, so that a message remains one picture.
  let sets = demuxer.parameterSets;
  for await (const accessUnit of demuxer.accessUnits()) {
    outlet.send(sets ? Buffer.concat([sets, accessUnit]) : accessUnit);
    sets = undefined;
    if (!outlet.waitForRoom(mostWaiting)) return;
  }
}

/** The error, and whether trying again is pointless. */
function explain(error: unknown): [{ code: ErrorCode; message: string } | undefined, boolean] {
  const { name, container } = settings;
  if (outlet.stopped) return [undefined, true];
  if (error instanceof NoH264Error) {
    const message = `${name} has no H.264 video but ${error.message}: convert it to H.264 first`;
    return [{ code: "NALIVE_UNSUPPORTED_STREAM", message }, true];
  }
  const fail = (code: ErrorCode, message: string, over = container): ReturnType<typeof explain> => [
    { code, message },
    over || !(error instanceof FfmpegFailure),
  ];
  const why = messageOf(error);
  const isFile = container || isSdpFile;
  if (isFile && /no such file/i.test(why)) return fail("NALIVE_NO_SUCH_FILE", noSuchFile(name), true);
  if (isFile && /permission denied/i.test(why))
    return fail("NALIVE_PERMISSION_DENIED", `Cannot read ${name}: permission denied`, true);
  if (container) return fail("NALIVE_READ_FAILED", `Cannot read ${name}: ${why}`);
  if (connected) return fail("NALIVE_CONNECTION_LOST", `The connection to ${name} broke: ${why}`);
  return fail("NALIVE_CONNECT_FAILED", `Cannot connect to ${name}: ${why}`);
}
