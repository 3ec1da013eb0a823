import { describe, expect, it } from "vitest";
import { RecordingSink } from "../../../test/source/kit/recording-sink.js";
import { FakeClock } from "../../../test/support/fake-clock.js";
import type { Source, SourceSink } from "./source.js";
import { SourceOutput } from "./source-output.js";
import { WatchedSource } from "./watched-source.js";

/** A source whose sender is the test. */
class ScriptedSource implements Source {
  readonly name = "scripted";
  readonly kind = "live";
  readonly #clock: FakeClock;
  output!: SourceOutput;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  start(sink: SourceSink): void {
    this.output = new SourceOutput(sink, this.#clock, "none");
  }

  pause(): void {}
  resume(): void {}
  requestKeyFrame(): void {}

  stop(): Promise<void> {
    this.output.close();
    return Promise.resolve();
  }
}

function watch() {
  const clock = new FakeClock();
  const scripted = new ScriptedSource(clock);
  const source = new WatchedSource(scripted, clock);
  const sink = new RecordingSink();
  source.start(sink);
  const notices = () => sink.states.flatMap((event) => (event.type === "notice" ? [event.message] : []));
  return { clock, source, sink, notices, output: scripted.output };
}

const listening = { type: "listening", address: "0.0.0.0", port: 5000 } as const;

describe("WatchedSource", () => {
  it("says that nothing has arrived since it listens", () => {
    const { clock, notices, output } = watch();
    output.state(listening);
    clock.advance(4999);
    expect(notices()).toEqual([]);
    clock.advance(60_000);
    expect(notices()).toEqual([
      "Nothing has arrived on 0.0.0.0:5000 for 5 s: check the address and port of the sender, and firewalls",
    ]);
  });

  it("says that a sender is silent, once for each sender", () => {
    const { clock, notices, output } = watch();
    for (const peer of ["first", "second"]) {
      output.begin(peer);
      for (let chunk = 0; chunk < 20; chunk++) {
        output.push(Uint8Array.of(1));
        clock.advance(1000);
      }
      clock.advance(60_000);
      output.push(Uint8Array.of(1));
      clock.advance(60_000);
    }
    expect(notices()).toEqual([
      "Nothing has arrived from first for 5 s",
      "Nothing has arrived from second for 5 s",
    ]);
  });

  it("does not take its own pause for the silence of the sender", () => {
    const { clock, source, notices, output } = watch();
    output.begin("sender");
    source.pause();
    clock.advance(60_000);
    source.resume();
    clock.advance(4000);
    expect(notices()).toEqual([]);
    clock.advance(5000);
    expect(notices()).toHaveLength(1);
  });

  it("says nothing while it waits for the next sender, or after its end", async () => {
    const { clock, source, sink, notices, output } = watch();
    output.begin("sender");
    output.end();
    clock.advance(60_000);
    output.begin("sender");
    await source.stop();
    clock.advance(60_000);
    expect(notices()).toEqual([]);
    expect(clock.timersRunning).toBe(0);
    expect(sink.violations).toEqual([]);
  });
});
