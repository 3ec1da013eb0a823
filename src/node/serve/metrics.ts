import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { ServedStream } from "./served-stream.js";
import type { Streams } from "./streams.js";
import type { Viewers } from "./viewers.js";

/** Bounds of the delay histograms, seconds. */
const delayBuckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];

const stages = ["receive", "complete", "relay"] as const;

/** What Prometheus asks for. Counts are read from where they are kept when it asks; delays are added as they are measured. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #delay: Histogram<"stream" | "stage">;

  constructor(streams: Streams, viewers: Viewers) {
    const registers = [this.#registry];
    const labelNames = ["stream"] as const;
    const counter = (name: string, help: string, read: (stream: ServedStream) => number) => {
      new Counter({
        name,
        help,
        labelNames,
        registers,
        collect() {
          this.reset();
          for (const stream of streams.list()) this.inc({ stream: stream.name }, read(stream));
        },
      });
    };
    const gauge = (name: string, help: string, read: (stream: ServedStream) => number) => {
      new Gauge({
        name,
        help,
        labelNames,
        registers,
        collect() {
          this.reset();
          for (const stream of streams.list()) this.set({ stream: stream.name }, read(stream));
        },
      });
    };
    counter("nalive_received_bytes_total", "Bytes from publishers", ({ figures }) => figures.bytes);
    counter("nalive_pictures_total", "Access units relayed", ({ figures }) => figures.pictures);
    counter("nalive_sent_bytes_total", "Bytes given to viewers", ({ figures }) => figures.sentBytes);
    counter(
      "nalive_dropped_for_viewers_total",
      "Access units not sent to a viewer that was too slow",
      ({ figures }) => figures.droppedForViewers,
    );
    counter("nalive_key_frame_requests_total", "Key frames asked for", (stream) => stream.keyFrameRequests);
    gauge("nalive_live", "1 while somebody publishes", (stream) => (stream.publisher ? 1 : 0));
    gauge("nalive_bits_per_second", "Rate from the publisher", ({ figures }) => figures.bitsPerSecond);
    gauge("nalive_pictures_per_second", "Rate of pictures", ({ figures }) => figures.picturesPerSecond);
    gauge("nalive_cached_bytes", "Kept for viewers that join", (stream) => stream.cachedBytes);
    gauge(
      "nalive_viewers",
      "Viewers and readers",
      (stream) => viewers.of(stream).length + viewers.readersOf(stream),
    );
    new Counter({
      name: "nalive_issues_total",
      help: "Damage and oddities in what publishers sent, by code",
      labelNames: ["stream", "code"],
      registers,
      collect() {
        this.reset();
        for (const stream of streams.list())
          for (const { code, count } of stream.issues) this.inc({ stream: stream.name, code }, count);
      },
    });
    this.#delay = new Histogram({
      name: "nalive_delay_seconds",
      help: "Time of a picture by stage: receive (first to last byte), complete (last byte to known complete), relay (to all sockets)",
      labelNames: ["stream", "stage"],
      buckets: delayBuckets,
      registers,
    });
  }

  /** The type of `text`. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Measures the pictures of a stream. */
  measure(stream: ServedStream): void {
    const [receive, complete, relay] = stages.map((stage) => this.#delay.labels(stream.name, stage));
    stream.onRelayed = ({ unit }, now) => {
      receive!.observe((unit.lastByteAt - unit.firstByteAt) / 1_000_000);
      complete!.observe((unit.completeAt - unit.lastByteAt) / 1_000_000);
      relay!.observe((now - unit.completeAt) / 1_000_000);
    };
  }

  /** The stream has ended: its figures are not shown any more. */
  forget(stream: ServedStream): void {
    for (const stage of stages) this.#delay.remove(stream.name, stage);
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
