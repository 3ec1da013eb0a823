import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";
import { peerName } from "../../source/sockets/tcp.js";
import { addressRange } from "../config/address-range.js";

/**
 * What a request says about itself, through proxies. Only proxies in the configuration are
 * believed: everybody else could write these headers, too.
 */
export class TrustedProxies {
  readonly #proxies = new BlockList();

  /** @param ranges addresses and ranges such as 10.0.0.0/8 */
  constructor(ranges: readonly string[]) {
    for (const { address, bits } of ranges.flatMap((range) => addressRange(range) ?? [])) {
      this.#proxies.addSubnet(address, bits, family(address));
    }
  }

  /** Names the client to people: its address and port, or its address as the proxies state it. */
  clientOf(request: IncomingMessage): string {
    if (!this.#isThroughProxy(request)) return peerName(request.socket);
    const hops = listIn(request, "x-forwarded-for").map(plainAddress);
    // Each proxy adds the address that it sees. The last one that is no proxy of ours is the
    // client.
    const client = hops.findLast((hop) => !this.#includes(hop)) ?? hops[0];
    return client !== undefined && isIP(client) > 0 ? client : peerName(request.socket);
  }

  /** The name and port by which the client called the proxy, if a trusted one states it. */
  hostOf(request: IncomingMessage): string | undefined {
    return this.#isThroughProxy(request) ? listIn(request, "x-forwarded-host")[0] : undefined;
  }

  #isThroughProxy({ socket }: IncomingMessage): boolean {
    return this.#includes(plainAddress(socket.remoteAddress ?? ""));
  }

  #includes(address: string): boolean {
    return isIP(address) > 0 && this.#proxies.check(address, family(address));
  }
}

const family = (address: string) => (isIP(address) === 6 ? "ipv6" : "ipv4");

/** Without brackets and port, and IPv4 in its own form. */
function plainAddress(text: string): string {
  const inner = /^\[(.+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text;
  return inner.replace(/^::ffff:(?=[\d.]+$)/i, "");
}

/** The parts of a header that lists them with commas. */
function listIn({ headers }: IncomingMessage, name: string): string[] {
  const value = headers[name];
  const text = Array.isArray(value) ? value.join(",") : (value ?? "");
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
