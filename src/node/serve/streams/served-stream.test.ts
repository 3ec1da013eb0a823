import { describe, expect, it } from "vitest";
import { annexB } from "../../../../test/support/bytes.js";
import { FakeClock } from "../../../../test/support/fake-clock.js";
import { parameterSets, sliceNal } from "../../../../test/support/h264/coded-picture.js";
import type { ServerMessage } from "../../../wire/control-message.js";
import { completeConfig } from "../config/read-config.js";
import type { ServeConfigInput } from "../config/serve-config.js";
import { ServeError } from "../serve-error.js";
import { ServedStream, type Watcher } from "./served-stream.js";
import type { Publisher } from "./stream-state.js";

/** A stream with one publisher, one second of fake time after the other. */
class Scene {
  readonly clock = new FakeClock();
  readonly stream: ServedStream;
  readonly dismissed: string[] = [];
  #frameNum = 0;

  constructor(config: ServeConfigInput = {}, isPermanent = false) {
    this.stream = new ServedStream("cam", isPermanent, completeConfig(config), this.clock, () => false);
  }

  publisher(peer = "camera", isReachable?: () => boolean): Publisher {
    const dismiss = (error: ServeError) => void this.dismissed.push(`${peer}: ${error.code}`);
    return { peer, via: "websocket", dismiss, ...(isReachable ? { isReachable } : {}) };
  }

  picture(publisher: Publisher): void {
    const idr = this.#frameNum === 0;
    const slice = sliceNal({ idr, frameNum: this.#frameNum++ % 16, payload: 20 });
    const data = annexB(...(idr ? parameterSets() : []), slice);
    this.stream.push(publisher, { data, receivedAt: this.clock.now(), framing: "none" });
  }

  /** @returns the state after each second */
  wait(seconds: number): string[] {
    return Array.from({ length: seconds }, () => {
      this.clock.advance(1000);
      this.stream.tick();
      return this.stream.state;
    });
  }
}

function watcher(): Watcher & { readonly told: ServerMessage[]; units: number; closed: string | undefined } {
  return {
    told: [],
    units: 0,
    closed: undefined,
    push() {
      this.units++;
    },
    tell(message) {
      this.told.push(message);
    },
    close(reason) {
      this.closed = reason?.message ?? "";
    },
  };
}

describe("a publisher that is connected and sends nothing", () => {
  it("is silent since its newest picture; watchers hear it, also those that join later", () => {
    const scene = new Scene();
    const { stream } = scene;
    const camera = scene.publisher();
    const early = watcher();
    stream.watch(early);
    stream.attach(camera);
    scene.picture(camera);
    scene.clock.advance(200);
    const since = scene.clock.now();
    const states = scene.wait(6);
    expect(states).toEqual(["live", "live", "silent", "silent", "silent", "silent"]);
    expect(stream.since).toBeLessThanOrEqual(since);
    const late = watcher();
    stream.watch(late);
    expect([early.told.at(-1), late.told.at(-1)]).toEqual([
      { type: "silent", since: stream.since },
      { type: "silent", since: stream.since },
    ]);
    expect(stream.reason).toBe("camera sends no more pictures");
    scene.picture(camera);
    expect(scene.wait(1)).toEqual(["live"]);
    expect(stream.reason).toBeUndefined();
  });

  it("is not silent between two pictures, however slowly they come", () => {
    for (const gap of [2, 5, 20]) {
      const scene = new Scene();
      const camera = scene.publisher();
      scene.stream.attach(camera);
      const states: string[] = [];
      for (let count = 0; count < 12; count++) {
        scene.picture(camera);
        const waited = scene.wait(gap);
        if (count > 0) states.push(...waited);
      }
      expect(
        states.filter((state) => state !== "live"),
        `a picture every ${gap} s`,
      ).toEqual([]);
    }
  });

  it("stays as long as its connection lives, and leaves when that is dead", () => {
    const scene = new Scene({ bounds: { publisherIdleMs: 5000 } });
    let isReachable = true;
    const camera = scene.publisher("camera", () => isReachable);
    scene.stream.attach(camera);
    scene.picture(camera);
    scene.wait(60);
    expect(scene.dismissed).toEqual([]);
    isReachable = false;
    scene.wait(1);
    expect(scene.dismissed).toEqual(["camera: NALIVE_IDLE"]);
    expect(scene.stream.reason).toBe("camera has sent nothing for 5000 ms");
  });

  it("is dismissed if it has never sent a byte", () => {
    const scene = new Scene({ bounds: { publisherIdleMs: 5000 } });
    scene.stream.attach(scene.publisher("camera", () => true));
    scene.wait(6);
    expect(scene.dismissed).toEqual(["camera: NALIVE_IDLE"]);
  });

  it("makes room for another one after publisherIdleMs, not before", () => {
    const scene = new Scene({ bounds: { publisherIdleMs: 5000 } });
    const { stream } = scene;
    const camera = scene.publisher("camera", () => true);
    stream.attach(camera);
    scene.picture(camera);
    scene.wait(4);
    expect(() => stream.attach(scene.publisher("second"))).toThrow("camera already publishes cam");
    scene.wait(2);
    stream.attach(scene.publisher("second"));
    expect(scene.dismissed).toEqual(["camera: NALIVE_TAKEN_OVER"]);
    expect(stream.publisher?.peer).toBe("second");
  });
});

describe("a stream whose publisher has left", () => {
  const left = () => {
    const scene = new Scene({ publish: { waitMs: 2000, keepMs: 60_000 } });
    const camera = scene.publisher();
    scene.stream.attach(camera);
    for (let count = 0; count < 3; count++) {
      scene.picture(camera);
      scene.clock.advance(300);
    }
    scene.stream.detach(camera, "camera left");
    return scene;
  };

  it("gives its last pictures to who joins, and then says why no more come", () => {
    const { stream } = left();
    const late = watcher();
    stream.watch(late);
    expect([late.units, late.told]).toEqual([3, [{ type: "gone", reason: "camera left", waitsMs: 60_000 }]]);
  });

  it("releases its watchers, and goes on for those that join after that", () => {
    const { stream, dismissed } = left();
    const early = watcher();
    const viewer = { ...watcher(), waitsToTheEnd: true };
    stream.watch(early);
    stream.watch(viewer);
    stream.release(new ServeError("NALIVE_STREAM_ENDED", "long gone"));
    expect([early.closed, viewer.closed, stream.state]).toEqual(["long gone", undefined, "deserted"]);
    const late = watcher();
    stream.watch(late);
    expect(late.told).toEqual([{ type: "gone", reason: "camera left", waitsMs: 60_000 }]);
    const again: Publisher = { peer: "again", via: "http", dismiss: () => undefined };
    stream.attach(again);
    expect([late.told.at(-1), viewer.told.at(-1)]).toMatchObject([{ type: "back" }, { type: "back" }]);
    expect([early.told.length, early.closed]).toEqual([1, "long gone"]);
    expect(dismissed).toEqual([]);
  });
});

it("a source says why it is down, also when the reason changes", () => {
  const { stream } = new Scene({}, true);
  const early = watcher();
  stream.watch(early);
  expect(early.told).toEqual([]);
  stream.explain("connection refused");
  stream.explain("connection refused");
  stream.explain("no route");
  expect(early.told).toEqual([
    { type: "gone", reason: "connection refused" },
    { type: "gone", reason: "no route" },
  ]);
  expect(stream.reason).toBe("no route");
});
