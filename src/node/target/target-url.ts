import { fileURLToPath } from "node:url";
import { addressMeant, didYouMean } from "../source/did-you-mean.js";
import { expectSlashes, type Listening, type Remote, remoteOrListening } from "../source/source-url.js";
import { invalidUrl, parseHostPort, splitUrl, withoutSecrets } from "../source/url-parts.js";

/** A target's address, parsed. */
export type TargetAddress =
  | { readonly scheme: "stdout" }
  | { readonly scheme: "file"; readonly path: string }
  | { readonly scheme: "tcp"; readonly at: Remote | Listening }
  | {
      readonly scheme: "udp";
      readonly host: string;
      readonly port: number;
      readonly datagramBytes: number;
    }
  | {
      readonly scheme: "ws";
      readonly at: { readonly listen: false } | (Listening & { readonly path: string });
    }
  | { readonly scheme: "unix"; readonly path: string; readonly listen: boolean };

/** One address of each kind, for help and messages. */
export const targetExamples: readonly string[] = [
  "tcp://127.0.0.1:5000",
  "tcp://0.0.0.0:5000?listen",
  "udp://127.0.0.1:5000",
  "ws://127.0.0.1:8080/camera",
  "ws://0.0.0.0:8080/camera?listen",
  "unix:/run/camera.sock",
  "copy.h264",
  "-",
];

/** Fits into an Ethernet frame with the headers of IP, UDP and a tunnel. */
const defaultDatagramBytes = 1400;

/**
 * Parses the address of a target. Throws `NALIVE_INVALID_SOURCE`, which says what was expected.
 * Opens and looks up nothing.
 */
export function parseTargetUrl(url: string): TargetAddress {
  const examples = targetExamples.join("  ");
  if (url === "") throw invalidUrl(`The address to send to is empty: expected one such as ${examples}`);
  if (url === "-") return { scheme: "stdout" };
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined) return fileAt(url);
  const { authority, path, query } = splitUrl(url);
  switch (scheme) {
    case "file":
      query.end();
      return { scheme, path: url.startsWith("file://") ? fileURLToPath(url) : path };
    case "tcp": {
      const listen = query.flag("listen");
      query.end();
      const example = listen ? "tcp://0.0.0.0:5000?listen" : "tcp://127.0.0.1:5000";
      expectSlashes(url, example, targetMeant(url));
      return { scheme, at: remoteOrListening(url, authority, example, listen, false) };
    }
    case "udp": {
      const datagramBytes = query.number("datagram", { lowest: 64, highest: 65_507 }) ?? defaultDatagramBytes;
      query.end();
      expectSlashes(url, "udp://127.0.0.1:5000", targetMeant(url));
      const { host, port } = parseHostPort(url, authority, "udp://127.0.0.1:5000", 1);
      if (host === undefined)
        throw invalidUrl(`${url} names no host to send to: expected udp://127.0.0.1:5000`);
      return { scheme, host, port, datagramBytes };
    }
    case "ws":
    case "wss": {
      expectSlashes(url, "ws://127.0.0.1:8080/camera", targetMeant(url));
      if (!query.flag("listen")) {
        if (!URL.canParse(url))
          throw invalidUrl(`${withoutSecrets(url)} is not an address: expected ws://host:port/path`);
        return { scheme: "ws", at: { listen: false } };
      }
      query.end();
      if (scheme === "wss")
        throw invalidUrl(`${url}: nalive cannot listen with TLS: use ws:// behind a TLS proxy`);
      const place = parseHostPort(url, authority, "ws://0.0.0.0:8080/camera?listen", 0);
      return { scheme, at: { listen: true, takeover: false, ...place, path: path || "/" } };
    }
    case "unix": {
      const listen = query.flag("listen");
      query.end();
      if (authority !== "" || path === "")
        throw invalidUrl(`${url}: expected a path, as in unix:/run/camera.sock`);
      return { scheme, path, listen };
    }
    default: {
      const meant = targetMeant(url);
      throw invalidUrl(
        meant === undefined
          ? `"${scheme}:" is not a kind of target: expected an address such as ${examples}.` +
              ` Write a file with a colon in its name as ./${scheme}:…`
          : `${url} is not the address of a target${didYouMean(meant)}`,
      );
    }
  }
}

/**
 * A file to write: a path with a folder or with an extension. A bare word is more likely a mistyped
 * address, and nobody would look for the stream in a file of that name.
 */
function fileAt(path: string): TargetAddress {
  const meant = targetMeant(path);
  if (meant !== undefined) throw invalidUrl(`${path} is not the address of a target${didYouMean(meant)}`);
  if (/[/\\]|\.[a-z]\w*$/i.test(path)) return { scheme: "file", path };
  throw invalidUrl(
    `${path} is neither an address nor a file with an extension: expected one such as ` +
      `${targetExamples.join("  ")}. To write a file of that name, send to ./${path}`,
  );
}

/** The address of a target that `text` was probably meant to be. */
function targetMeant(text: string): string | undefined {
  const meant = addressMeant(text);
  try {
    if (meant !== undefined) parseTargetUrl(meant);
    return meant;
  } catch {
    return undefined;
  }
}
