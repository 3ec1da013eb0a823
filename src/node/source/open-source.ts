import { NaliveError } from "../../core/errors.js";
import type { Clock } from "../../core/time.js";
import { systemClock } from "../clock.js";
import { AcceptingSource } from "./accepting-source.js";
import type { Dialer, Listener } from "./connection.js";
import { DialingSource } from "./dialing-source.js";
import { execDialer } from "./exec.js";
import { ffmpegDialer } from "./ffmpeg/ffmpeg-demuxer.js";
import { fileDialer, fileKind, stdinDialer, stdinKind } from "./files/file.js";
import { liveFileDialer } from "./files/live-file.js";
import { tcpDialer, tcpListener } from "./sockets/tcp.js";
import { UdpSource } from "./sockets/udp-source.js";
import { unixDialer, unixListener } from "./sockets/unix.js";
import { wsDialer, wsListener } from "./sockets/ws.js";
import type { Source, SourceKind, SourceOptions } from "./source.js";
import { parseSourceUrl, type SourceAddress } from "./source-url.js";
import { testCameraDialer } from "./test-camera/test-camera.js";
import { withoutSecrets } from "./url-parts.js";
import { WatchedSource } from "./watched-source.js";

const defaultMaxMessageBytes = 16 * 1024 * 1024;

/**
 * Makes the source that an address names. Nothing is opened before `start`.
 *
 * @throws NaliveError `NALIVE_INVALID_SOURCE` when the address makes no sense,
 *   `NALIVE_INVALID_ARGUMENT` when the options make none, or not with this address
 */
export function openSource(url: string, options: SourceOptions = {}): Source {
  const { clock = systemClock } = options;
  const source = makeSource(url, { ...options, clock });
  return source.kind === "live" ? new WatchedSource(source, clock) : source;
}

function makeSource(url: string, options: SourceOptions & { readonly clock: Clock }): Source {
  const address = parseSourceUrl(url);
  const { clock, reconnect = true, maxMessageBytes = defaultMaxMessageBytes } = options;
  const name = sourceName(url, address);
  checkFileOptions(name, address, options);

  const dial = (dialer: Dialer, kind: SourceKind = "live"): Source =>
    new DialingSource(dialer, { name, kind, clock, reconnect });
  const accept = (listener: Listener, takeover: boolean): Source =>
    new AcceptingSource(listener, { name, clock, reconnect, takeover });

  switch (address.scheme) {
    case "stdin":
      return dial(stdinDialer(), stdinKind());
    case "file": {
      const { path } = address;
      const fps = options.live?.fps ?? address.fps;
      const loop = options.loop ?? address.loop;
      if (fps !== undefined) return dial(liveFileDialer(path, fps, loop, clock));
      return dial(fileDialer(path, loop), fileKind(path));
    }
    case "tcp": {
      const { at } = address;
      return at.listen
        ? accept(tcpListener(at.host, at.port), at.takeover)
        : dial(tcpDialer(at.host, at.port));
    }
    case "udp":
      return new UdpSource({ ...address, name, clock, reconnect });
    case "ws": {
      const { at } = address;
      if (!at.listen) return dial(wsDialer(url, name, maxMessageBytes));
      return accept(wsListener(at.host, at.port, at.path, maxMessageBytes), at.takeover);
    }
    case "unix":
      return address.listen
        ? accept(unixListener(address.path), address.takeover)
        : dial(unixDialer(address.path));
    case "exec":
      return dial(execDialer(address.command));
    case "test":
      return dial(testCameraDialer(address.settings), address.settings.pace ? "live" : "file");
    case "ffmpeg":
      return dial(ffmpegDialer(address.url, name, address.container), address.container ? "file" : "live");
  }
}

/**
 * True when the source can be opened again and continues with what its sender sends then: it is
 * live, and reconnects.
 */
export function canReopen(url: string, source: Source, reconnect: boolean): boolean {
  return source.kind === "live" && reconnect && parseSourceUrl(url).scheme !== "stdin";
}

/** The address without passwords, and without a query for a server, which may hold a token. */
function sourceName(url: string, address: SourceAddress): string {
  if (address.scheme === "stdin") return "standard input";
  const name = withoutSecrets(url);
  const isForServer =
    (address.scheme === "ws" && !address.at.listen) || (address.scheme === "ffmpeg" && !address.container);
  return isForServer ? name.replace(/\?.*$/s, "?…") : name;
}

function checkFileOptions(name: string, address: SourceAddress, { live, loop }: SourceOptions): void {
  if (live && !(live.fps > 0 && live.fps <= 1000))
    throw new NaliveError(
      "NALIVE_INVALID_ARGUMENT",
      `Option live.fps is ${live.fps}, expected more than 0 and at most 1000`,
    );
  if ((live || loop) && address.scheme !== "file")
    throw new NaliveError(
      "NALIVE_INVALID_ARGUMENT",
      `${name} cannot be ${live ? "played at a rate" : "looped"}: expected a raw H.264 file`,
    );
}
