const example = "ws://HOST:8264/streams/NAME/ws";

/** The page that the player is on. */
interface PageAddress {
  /** What relative addresses start from. */
  readonly base: string;
  /** Loaded by https, so its browser opens no unencrypted connection. */
  readonly isHttps: boolean;
}

/**
 * The address of a stream's WebSocket, from an attribute that may be relative or begin with
 * `http(s)`.
 *
 * @throws Error with a sentence, for an address that no browser can open from this page
 */
export function streamAddress(src: string, { base, isHttps }: PageAddress): string {
  const url = parse(src, base);
  if (!url) throw new Error(`src is no address: expected one such as ${example}`);
  if (url.protocol === "http:") url.protocol = "ws:";
  else if (url.protocol === "https:") url.protocol = "wss:";
  if (url.protocol === "ws:") {
    if (isHttps && !isLoopback(url.hostname)) throw new Error(mixedContent(url));
  } else if (url.protocol !== "wss:") throw new Error(whyNot(src, url.protocol));
  return url.href;
}

const mixedContent = ({ host }: URL) =>
  `A page loaded by https may not open ws://${host}: use wss://, with a certificate on the server (tls) ` +
  "or a proxy before it";

function whyNot(src: string, protocol: string): string {
  if (!parse(src))
    return `src is relative, but this page (${protocol}) comes from no server: write all of it, as in ${example}`;
  return (
    `A browser cannot open ${protocol}// addresses: let the server fetch the stream ` +
    `(nalive serve --source NAME=${protocol}//…) and set src to ${example}`
  );
}

function parse(src: string, base?: string): URL | undefined {
  try {
    return new URL(src, base);
  } catch {
    return undefined;
  }
}

/** Names of the browser's own machine, to which a page of https may connect without encryption. */
const isLoopback = (name: string) => /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(name);
