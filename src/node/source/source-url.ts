import { fileURLToPath } from "node:url";
import { addressMeant, didYouMean } from "./did-you-mean.js";
import { parseTestCamera, type TestCameraSettings } from "./test-camera/test-camera-settings.js";
import { decode, type HostPort, invalidUrl, parseHostPort, type Query, splitUrl } from "./url-parts.js";

/** A source's address, parsed. */
export type SourceAddress =
  | { readonly scheme: "stdin" }
  /** A raw H.264 file or a named pipe. With `fps` it plays as a live source. */
  | {
      readonly scheme: "file";
      readonly path: string;
      readonly fps: number | undefined;
      readonly loop: boolean;
    }
  | { readonly scheme: "tcp"; readonly at: Remote | Listening }
  | {
      readonly scheme: "udp";
      readonly host: string | undefined;
      readonly port: number;
      readonly receiveBufferBytes: number;
      readonly multicastInterface: string | undefined;
    }
  | {
      readonly scheme: "ws";
      readonly at: { readonly listen: false } | (Listening & { readonly path: string });
    }
  | { readonly scheme: "unix"; readonly path: string; readonly listen: boolean; readonly takeover: boolean }
  | { readonly scheme: "exec"; readonly command: string }
  | { readonly scheme: "test"; readonly settings: TestCameraSettings }
  /** Anything that FFmpeg opens: a container file or a network address. */
  | { readonly scheme: "ffmpeg"; readonly url: string; readonly container: boolean };

/** A host to connect to. */
export interface Remote {
  readonly listen: false;
  readonly host: string;
  readonly port: number;
}

/** A port to listen on. */
export interface Listening extends HostPort {
  readonly listen: true;
  readonly takeover: boolean;
}

const containers = /\.(mp4|m4v|mov|mkv|webm|ts|m2ts|mts|flv|avi|3gp|mpg|mpeg|asf|wmv)$/i;
/** A file that names a live stream: it says where RTP packets arrive. */
const sessionDescription = /\.sdp$/i;
const ffmpegSchemes = /^(rtsps?|rtmps?|srt|rist|https?)$/;

/** One address of each kind, for help and messages. */
export const sourceExamples: readonly string[] = [
  "clip.h264",
  "-",
  "tcp://192.168.1.20:5000",
  "tcp://0.0.0.0:5000?listen",
  "udp://0.0.0.0:5000",
  "ws://192.168.1.20:8080/camera",
  "ws://0.0.0.0:8080/camera?listen",
  "unix:/run/camera.sock",
  "exec:rpicam-vid -t 0 --inline -o -",
  "test:?size=1280x720&fps=30",
  "rtsp://192.168.1.20/stream",
];

/**
 * Parses the address of a source. Throws `NALIVE_INVALID_SOURCE`, which says what was expected.
 * Opens and looks up nothing.
 */
export function parseSourceUrl(url: string): SourceAddress {
  if (url === "") throw invalidUrl(`The address of the source is empty: expected one such as ${examples()}`);
  if (url === "-") return { scheme: "stdin" };
  // A single letter before a colon is a Windows drive.
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined) return fileAt(url);
  switch (scheme) {
    case "file":
      return parseFile(url);
    case "tcp":
      return parseTcp(url);
    case "udp":
      return parseUdp(url);
    case "ws":
    case "wss":
      return parseWs(url, scheme);
    case "unix":
      return parseUnix(url);
    case "exec":
      return parseExec(url);
    case "test": {
      const { query, authority, path } = splitUrl(url);
      if (authority + path !== "") throw invalidUrl(`${url}: expected test: or test:?size=1280x720&fps=30`);
      return { scheme: "test", settings: finished(query, parseTestCamera(query)) };
    }
  }
  if (ffmpegSchemes.test(scheme) && url.includes("://")) {
    if (splitUrl(url).authority === "")
      throw invalidUrl(`${url} names no host${didYouMean(sourceMeant(url))}`);
    return { scheme: "ffmpeg", url, container: false };
  }
  const meant = sourceMeant(url);
  throw invalidUrl(
    meant === undefined
      ? `"${scheme}:" is not a kind of source: expected an address such as ${examples()}.` +
          ` Write a file with a colon in its name as ./${scheme}:…`
      : `${url} is not the address of a source${didYouMean(meant)}`,
  );
}

/** The address of a source that `text` was probably meant to be. */
function sourceMeant(text: string): string | undefined {
  const meant = addressMeant(text);
  try {
    if (meant !== undefined) parseSourceUrl(meant);
    return meant;
  } catch {
    return undefined;
  }
}

function examples(): string {
  return sourceExamples.join("  ");
}

function finished<T>(query: Query, result: T): T {
  query.end();
  return result;
}

function fileAt(path: string): SourceAddress {
  if (containers.test(path)) return { scheme: "ffmpeg", url: path, container: true };
  if (sessionDescription.test(path)) return { scheme: "ffmpeg", url: path, container: false };
  return { scheme: "file", path, fps: undefined, loop: false };
}

function parseFile(url: string): SourceAddress {
  const { path, query } = splitUrl(url);
  const place = url.replace(/[?#].*$/s, "");
  const fps = query.number("fps", { lowest: 0.1, highest: 1000, whole: false });
  const loop = query.flag("loop");
  query.end();
  const local = place.startsWith("file://") ? localPath(place) : decode(path, url);
  if (local === "")
    throw invalidUrl(`${url} names no file: expected file:clip.h264 or file:///videos/clip.h264`);
  const file = fileAt(local);
  if (file.scheme !== "file" && (fps !== undefined || loop))
    throw invalidUrl(`${url}: the options fps and loop are for raw H.264 files, not for containers`);
  return file.scheme === "file" ? { ...file, fps, loop } : file;
}

function localPath(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw invalidUrl(
      `${url} is not a local file (${(error as Error).message}): expected file:///videos/clip.h264`,
    );
  }
}

function parseTcp(url: string): SourceAddress {
  const { authority, path, query } = splitUrl(url);
  const listen = query.flag("listen");
  const takeover = query.flag("takeover");
  query.end();
  const example = listen ? "tcp://0.0.0.0:5000?listen" : "tcp://192.168.1.20:5000";
  requireSlashes(url, example);
  if (path !== "" && path !== "/") throw invalidUrl(`${url}: a TCP address has no path: expected ${example}`);
  return { scheme: "tcp", at: remoteOrListening(url, authority, example, listen, takeover) };
}

function parseUdp(url: string): SourceAddress {
  const { authority, path, query } = splitUrl(url);
  const receiveBufferBytes = query.number("rcvbuf", { lowest: 4096, highest: 2 ** 30, kilo: 1024 });
  const multicastInterface = query.text("interface");
  query.flag("listen"); // A UDP source always listens.
  query.end();
  requireSlashes(url, "udp://0.0.0.0:5000");
  if (path !== "" && path !== "/")
    throw invalidUrl(`${url}: a UDP address has no path: expected udp://0.0.0.0:5000`);
  return {
    scheme: "udp",
    ...parseHostPort(url, authority, "udp://0.0.0.0:5000", 0),
    receiveBufferBytes: receiveBufferBytes ?? 4 * 1024 * 1024,
    multicastInterface,
  };
}

function parseWs(url: string, scheme: "ws" | "wss"): SourceAddress {
  const { authority, path, query } = splitUrl(url);
  const listen = query.flag("listen");
  const example = listen ? "ws://0.0.0.0:8080/camera?listen" : `${scheme}://192.168.1.20:8080/camera`;
  requireSlashes(url, example);
  if (!listen) {
    // Any other option is for the server, such as a token. The default port is 80, or 443 with TLS.
    if (!URL.canParse(url)) throw invalidUrl(`${url} is not an address: expected ${example}`);
    if (url.includes("#")) throw invalidUrl(`${url}: a WebSocket address has no #fragment`);
    return { scheme: "ws", at: { listen } };
  }
  if (scheme === "wss")
    throw invalidUrl(`${url}: nalive cannot listen with TLS: listen with ws:// behind a TLS proxy`);
  const takeover = query.flag("takeover");
  query.end();
  const place = parseHostPort(url, authority, example, 0);
  return { scheme: "ws", at: { listen, takeover, ...place, path: path || "/" } };
}

function parseUnix(url: string): SourceAddress {
  const { authority, path, query } = splitUrl(url);
  const listen = query.flag("listen");
  const takeover = query.flag("takeover");
  query.end();
  if (authority !== "" || path === "")
    throw invalidUrl(`${url}: expected a path, as in unix:/run/camera.sock`);
  requireListen(url, listen, takeover);
  return { scheme: "unix", path: decode(path, url), listen, takeover };
}

function parseExec(url: string): SourceAddress {
  const command = url.slice("exec:".length).trim();
  if (command === "")
    throw invalidUrl("exec: names no command: expected one, as in exec:rpicam-vid -t 0 -o -");
  return { scheme: "exec", command };
}

/** Parses `host:port`, to connect to or to listen on. */
export function remoteOrListening(
  url: string,
  authority: string,
  example: string,
  listen: boolean,
  takeover: boolean,
): Remote | Listening {
  requireListen(url, listen, takeover);
  const { host, port } = parseHostPort(url, authority, example, listen ? 0 : 1);
  if (listen) return { listen, host, port, takeover };
  if (host === undefined)
    throw invalidUrl(`${url} names no host to connect to: expected ${example}; to listen, add ?listen`);
  return { listen, host, port };
}

function requireListen(url: string, listen: boolean, takeover: boolean): void {
  if (takeover && !listen) throw invalidUrl(`${url}: the option takeover needs the option listen`);
}

function requireSlashes(url: string, example: string): void {
  expectSlashes(url, example, sourceMeant(url));
}

/** Throws unless two slashes follow the protocol. `meant` is what was probably meant, if known. */
export function expectSlashes(url: string, example: string, meant: string | undefined): void {
  if (/^[a-z]+:\/\/(?!\/)/i.test(url)) return;
  const advice = meant === undefined ? `, as in ${example}` : didYouMean(meant);
  throw invalidUrl(`${url}: expected // after the colon${advice}`);
}
