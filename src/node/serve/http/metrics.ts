import { Counter, Gauge, Registry } from "prom-client";
import type { Viewers } from "../sockets/viewers.js";
import type { ServedStream } from "../streams/served-stream.js";
import type { StreamFigures } from "../streams/stream-figures.js";
import type { Streams } from "../streams/streams.js";

type Drops = StreamFigures["drops"];

const delayHeader = `# HELP nalive_delay_seconds Delay of a picture by stage: receive (first to last byte), complete (last byte to known complete), relay (to all sockets)
# TYPE nalive_delay_seconds histogram`;

/** The figures for Prometheus. They are read from the streams at each request. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #streams: Streams;

  constructor(streams: Streams, viewers: Viewers) {
    this.#streams = streams;
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
    counter("nalive_received_bytes_total", "Bytes received from publishers", ({ figures }) => figures.bytes);
    counter("nalive_pictures_total", "Access units relayed", ({ figures }) => figures.pictures);
    counter(
      "nalive_sent_bytes_total",
      "Bytes sent to viewers and readers",
      ({ figures }) => figures.sentBytes,
    );
    counter(
      "nalive_key_frame_requests_total",
      "Key frames requested from publishers",
      (stream) => stream.keyFrameRequests,
    );
    gauge("nalive_live", "1 while pictures come from a publisher", ({ state }) => (state === "live" ? 1 : 0));
    gauge(
      "nalive_publisher_connected",
      "1 while a publisher is connected, even if nothing comes",
      (stream) => (stream.publisher ? 1 : 0),
    );
    gauge(
      "nalive_silent_seconds",
      "Time since the newest picture while a publisher is connected and nothing comes, else 0",
      ({ state, since }) => (state === "silent" ? (streams.clock.now() - since) / 1_000_000 : 0),
    );
    gauge("nalive_bits_per_second", "Bit rate from the publisher", ({ figures }) => figures.bitsPerSecond);
    gauge("nalive_pictures_per_second", "Pictures per second", ({ figures }) => figures.picturesPerSecond);
    gauge("nalive_cached_bytes", "Bytes kept for viewers that join", (stream) => stream.cachedBytes);
    gauge(
      "nalive_viewers",
      "Viewers and readers",
      (stream) => viewers.of(stream).size + viewers.readersOf(stream),
    );
    const dropCounter = (name: string, help: string, read: (figures: StreamFigures) => Drops) => {
      new Counter({
        name,
        help: `${help}: only non-reference ones, or (late) all up to a newer group`,
        labelNames: ["stream", "reason"],
        registers,
        collect() {
          this.reset();
          for (const { name: stream, figures } of streams.list())
            for (const [reason, count] of Object.entries(read(figures))) this.inc({ stream, reason }, count);
        },
      });
    };
    dropCounter(
      "nalive_dropped_for_viewers_total",
      "Access units not sent to viewers and readers that fell behind",
      ({ drops }) => drops,
    );
    dropCounter(
      "nalive_dropped_for_recordings_total",
      "Access units missing from recordings because the disk was too slow",
      ({ recordingDrops }) => recordingDrops,
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
    new Gauge({
      name: "nalive_resident_bytes",
      help: "Resident memory of the process",
      registers,
      collect() {
        this.set(process.memoryUsage.rss());
      },
    });
    new Gauge({
      name: "nalive_active_resources",
      help: "Open resources of the process by kind: sockets, timers, threads",
      labelNames: ["kind"],
      registers,
      collect() {
        this.reset();
        for (const kind of process.getActiveResourcesInfo()) this.inc({ kind });
      },
    });
  }

  /** The type of `text`. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  async text(): Promise<string> {
    const lines = this.#streams
      .list()
      .flatMap(({ name, figures: { delays } }) =>
        Object.entries(delays.histograms).flatMap(([stage, histogram]) =>
          histogram.lines("nalive_delay_seconds", `stream="${name}",stage="${stage}"`),
        ),
      );
    return `${await this.#registry.metrics()}\n${delayHeader}\n${lines.join("\n")}\n`;
  }
}
