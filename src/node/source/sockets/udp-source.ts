import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { BlockList, isIPv6 } from "node:net";
import { TransportError } from "../../../core/errors.js";
import { type CancelTimer, type Clock, type Microseconds, microseconds } from "../../../core/time.js";
import { hostPort } from "../describe-source-state.js";
import type { Source, SourceSink } from "../source.js";
import { SourceOutput } from "../source-output.js";
import { listenError, messageOf } from "./socket-errors.js";
import { senderSilence, UdpSender } from "./udp-sender.js";

const multicast = new BlockList();
multicast.addSubnet("224.0.0.0", 4, "ipv4");
multicast.addSubnet("ff00::", 8, "ipv6");

/** What a {@link UdpSource} is made of. */
export interface UdpSourceOptions {
  readonly name: string;
  readonly clock: Clock;
  /** An address of this machine, or a multicast group to join. Undefined is every IPv4 address. */
  readonly host: string | undefined;
  /** 0 is any free one. */
  readonly port: number;
  /** Bytes to ask the kernel for. It may grant less, which a notice reports. */
  readonly receiveBufferBytes: number;
  /**
   * Address of the network interface on which to join a multicast group. Undefined leaves it to the
   * system.
   */
  readonly multicastInterface: string | undefined;
  /**
   * False: two seconds of silence after the first datagram end the source, because UDP has no other
   * end.
   */
  readonly reconnect: boolean;
}

/**
 * Datagrams on a UDP port. A session is a remote address, whatever its ports. Another address is
 * refused until the first is silent for two seconds.
 */
export class UdpSource implements Source {
  readonly name: string;
  readonly kind = "live";
  readonly #options: UdpSourceOptions;
  #output: SourceOutput | undefined;
  #socket: Socket | undefined;
  readonly #sender = new UdpSender();
  #refusalReportedAt: Microseconds | undefined;
  #cancelSilenceTimer: CancelTimer = () => {};
  #paused = false;
  #droppedInPause = 0;
  #over = false;
  #whenClosed: Promise<void> = Promise.resolve();

  constructor(options: UdpSourceOptions) {
    this.#options = options;
    this.name = options.name;
  }

  start(sink: SourceSink): void {
    if (this.#output) throw new TypeError(`Source ${this.name} was started already: open a new one`);
    const { clock, host, port } = this.#options;
    const output = new SourceOutput(sink, clock, "datagram");
    this.#output = output;
    if (this.#over) {
      output.close();
      return;
    }
    const group = host !== undefined && isMulticast(host) ? host : undefined;
    const socket = createSocket({
      type: host && isIPv6(host) ? "udp6" : "udp4",
      reuseAddr: group !== undefined,
    });
    this.#socket = socket;
    this.#whenClosed = new Promise((resolve) => void socket.once("close", resolve));
    socket.on("message", (data, from) => this.#received(data, from, output));
    socket.on("error", (error) => this.#finish(listenError(error, host ?? "every address", port, "udp")));
    socket.on("listening", () => this.#listening(socket, group, output));
    // Binding the group keeps out datagrams for other groups on the same port. Windows cannot do
    // it.
    const address = group && process.platform === "win32" ? undefined : host;
    socket.bind({ port, ...(address === undefined ? {} : { address }) });
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    if (this.#droppedInPause === 0) return;
    const message = `${this.#droppedInPause} datagrams were dropped: decoding fell behind`;
    this.#droppedInPause = 0;
    this.#output?.state({ type: "notice", message });
  }

  /** UDP has no way back to the sender. */
  requestKeyFrame(): void {}

  stop(): Promise<void> {
    this.#finish();
    return this.#whenClosed;
  }

  #listening(socket: Socket, group: string | undefined, output: SourceOutput): void {
    const { address, port } = socket.address();
    if (group !== undefined) {
      try {
        socket.addMembership(group, this.#options.multicastInterface);
      } catch (error) {
        const message = `Cannot join the multicast group ${group}: ${messageOf(error)}`;
        this.#finish(new TransportError("NALIVE_LISTEN_FAILED", message, { cause: error }));
        return;
      }
    }
    output.state({ type: "listening", address, port });
    // The sink may stop the source when it hears about this.
    if (this.#over) return;
    output.state({ type: "notice", message: askForReceiveBuffer(socket, this.#options.receiveBufferBytes) });
  }

  #received(data: Buffer, from: RemoteInfo, output: SourceOutput): void {
    if (this.#over) return;
    const now = this.#options.clock.now();
    if (this.#paused) {
      this.#droppedInPause++;
      if (this.#sender.owns(from)) this.#sender.heard(now);
      return;
    }
    const verdict = this.#sender.admit(from, now);
    if (verdict === "refused") {
      this.#refuse(from, now, output);
      return;
    }
    if (verdict === "begins") {
      output.begin(hostPort(from.address, from.port));
      if (!this.#options.reconnect) this.#endAfterSilence(senderSilence);
    }
    output.push(data, now);
  }

  /** Reports a refusal at most every two seconds, whatever the number of datagrams and senders. */
  #refuse(from: RemoteInfo, now: Microseconds, output: SourceOutput): void {
    if (this.#refusalReportedAt !== undefined && now - this.#refusalReportedAt < senderSilence) return;
    this.#refusalReportedAt = now;
    const why = `${this.#sender.address} is sending: another sender may replace it after 2 s of silence`;
    output.state({ type: "refused", peer: hostPort(from.address, from.port), why });
  }

  #endAfterSilence(delay: Microseconds): void {
    const { clock } = this.#options;
    this.#cancelSilenceTimer();
    this.#cancelSilenceTimer = clock.startTimer(delay, () => {
      const left = microseconds(senderSilence - this.#sender.silentFor(clock.now()));
      if (left > 0) this.#endAfterSilence(left);
      else this.#finish();
    });
  }

  #finish(reason?: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancelSilenceTimer();
    this.#socket?.close();
    this.#output?.close(reason);
  }
}

/** True for addresses of multicast groups. */
function isMulticast(host: string): boolean {
  return multicast.check(host, isIPv6(host) ? "ipv6" : "ipv4");
}

/** Asks the kernel for a receive buffer. @returns a sentence that says what it granted */
function askForReceiveBuffer(socket: Socket, bytes: number): string {
  try {
    socket.setRecvBufferSize(bytes);
  } catch {
    // macOS refuses sizes beyond its limit instead of granting less, and keeps the default.
  }
  // Linux doubles the number for its bookkeeping, and reports the double.
  const granted = socket.getRecvBufferSize() / (process.platform === "linux" ? 2 : 1);
  const kib = (value: number) => `${Math.round(value / 1024)} KiB`;
  if (granted >= bytes) return `receive buffer ${kib(granted)}`;
  return (
    `receive buffer ${kib(granted)} of the ${kib(bytes)} asked for: bursts may be lost;` +
    ` raise the limit with \`sysctl -w net.core.rmem_max=${bytes}\``
  );
}
