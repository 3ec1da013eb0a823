import type { Dialer } from "../connection.js";
import { workerConnection } from "../worker/worker-connection.js";

/** What the worker of {@link ffmpegDialer} is given. */
export interface FfmpegDemuxerSettings {
  readonly url: string;
  /** The URL without secrets, for messages. */
  readonly name: string;
  /**
   * True: a file, read once, every access unit. False: a network address, live, with the least
   * delay.
   */
  readonly container: boolean;
}

/**
 * Opens `url` with FFmpeg in a worker thread and extracts the H.264 video. A chunk is an access
 * unit. Over RTP it is the contents of one packet, so that nothing waits for the rest.
 */
export function ffmpegDialer(url: string, name: string, container: boolean): Dialer {
  const script = new URL("./ffmpeg-demuxer-worker.js", import.meta.url);
  return {
    framing: /^rtsps?:|\.sdp$/i.test(url) ? "none" : "message",
    dial(events) {
      if (!container) events.state({ type: "connecting", to: name });
      const settings: FfmpegDemuxerSettings = { url, name, container };
      return workerConnection(script, settings, events);
    },
  };
}
