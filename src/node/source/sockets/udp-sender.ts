import { fromMilliseconds, type Microseconds, microseconds } from "../../../core/time.js";

/** After this time without a datagram, another sender may take over. */
export const senderSilence = fromMilliseconds(2000);

/**
 * Changes in a row between the same two ports that show two senders. It is odd, so that the sender
 * that came first makes the last one.
 */
const turnsOfTwoSenders = 7;

/** Where a datagram came from. */
export interface DatagramOrigin {
  readonly address: string;
  readonly port: number;
}

/**
 * Decides whose a datagram is. A sender is a remote address, whatever its ports: a relay may send
 * each datagram from a new port, and a NAT may move a stream to another one.
 *
 * Only two ports that keep taking turns are two senders on one machine. The first one stays.
 */
export class UdpSender {
  #newest: DatagramOrigin | undefined;
  #newestAt = microseconds(0);
  /** The port that the sender used before its newest one. */
  #portBefore = 0;
  /** Changes in a row between those two ports. */
  #turns = 0;
  /** Ports of other senders at the same address. */
  readonly #foreignPorts = new Set<number>();

  /** The sender's address, once there is one. */
  get address(): string | undefined {
    return this.#newest?.address;
  }

  /** How long the sender has been silent. */
  silentFor(now: Microseconds): Microseconds {
    return microseconds(now - this.#newestAt);
  }

  /** The sender has sent this datagram, or one that was dropped unseen. */
  owns({ address, port }: DatagramOrigin): boolean {
    return this.address === address && !this.#foreignPorts.has(port);
  }

  /** Takes note that the sender is not silent. */
  heard(now: Microseconds): void {
    this.#newestAt = now;
  }

  /**
   * Decides about a datagram.
   *
   * @returns `continues`: it is the sender's; `begins`: it is the first of a new sender, or of one
   *   whose datagrams were mixed with another's; `refused`: it is of a second sender
   */
  admit(from: DatagramOrigin, now: Microseconds): "begins" | "continues" | "refused" {
    if (!this.owns(from)) {
      if (this.#newest && this.silentFor(now) < senderSilence) return "refused";
      this.#foreignPorts.clear();
      this.#turns = 0;
      this.#continue(from, now);
      return "begins";
    }
    const { port } = this.#newest!;
    if (from.port !== port) {
      this.#turns = from.port === this.#portBefore ? this.#turns + 1 : 0;
      this.#portBefore = port;
    }
    this.#continue(from, now);
    if (this.#turns < turnsOfTwoSenders) return "continues";
    this.#turns = 0;
    this.#foreignPorts.add(port);
    return "begins";
  }

  #continue(from: DatagramOrigin, now: Microseconds): void {
    this.#newest = from;
    this.#newestAt = now;
  }
}
