import { spawnSync } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { libraryNames } from "../../src/node/display/sdl2.js";
import type { Window, WindowEvent } from "../../src/node/display/window.js";
import { black, blue, green, packed, quarters, red, type Triple, toYuv, white, yuv420p } from "./pictures.js";
import { noKeyboard, noScreen, Xvfb } from "./xvfb.js";

const built = (file: string) => new URL(`../../dist/node/display/${file}`, import.meta.url).href;
const { loadSdl } = (await import(built("sdl2.js"))) as typeof import("../../src/node/display/sdl2.js");
const { Window: BuiltWindow } = (await import(
  built("window.js")
)) as typeof import("../../src/node/display/window.js");

const noSdl = await loadSdl().then(
  () => undefined,
  () => "SDL 2 is not installed",
);
const skipScreen = process.platform !== "linux" ? "needs Linux" : (noSdl ?? noScreen);
const skipKeyboard = skipScreen ?? noKeyboard;
const why = (reason: string | undefined) => (reason ? ` (skipped: ${reason})` : "");

/** Waits until a condition holds. X needs some milliseconds. */
async function eventually(check: () => void): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      check();
      return;
    } catch (error) {
      if (attempt === 100) throw error;
      await delay(20);
    }
  }
}

describe.skipIf(skipScreen)(`a window${why(skipScreen)}`, () => {
  const environment = { ...process.env };
  const events: WindowEvent[] = [];
  let screen: Xvfb;
  let window: Window;

  beforeAll(async () => {
    screen = await Xvfb.start(1600, 1000);
    process.env.DISPLAY = screen.display;
    delete process.env.WAYLAND_DISPLAY;
    delete process.env.SDL_VIDEODRIVER;
  });

  afterEach(() => {
    window?.close();
    events.length = 0;
  });

  afterAll(async () => {
    Object.assign(process.env, environment);
    await screen?.stop();
  });

  const open = async (title = "camera") => {
    window = await BuiltWindow.open({ title, onEvent: (event) => events.push(event) });
    return window;
  };

  /** Reads points of the screen until they have the expected colours, within a few levels. */
  const expectColors = (points: readonly (readonly [x: number, y: number, color: Triple])[], tolerance = 4) =>
    eventually(() => {
      const shot = screen.screenshot();
      for (const [x, y, color] of points) {
        const actual = shot.at(x, y);
        const difference = Math.max(...actual.map((value, i) => Math.abs(value - color[i]!)));
        expect(difference, `at ${x},${y}: ${actual} instead of ${color}`).toBeLessThanOrEqual(tolerance);
      }
    });

  /** The centres of the four quarters of a picture at this place on the screen. */
  const quartersOf = (x: number, y: number, width: number, height: number) =>
    [
      [x + width / 4, y + height / 4, red],
      [x + (width * 3) / 4, y + height / 4, green],
      [x + width / 4, y + (height * 3) / 4, blue],
      [x + (width * 3) / 4, y + (height * 3) / 4, white],
    ] as const;

  const hd = (color = {}) => yuv420p(1280, 720, (x, y) => toYuv(quarters(x, y), "bt601", false), { color });

  test("is black until its first picture", async () => {
    await open();
    await expectColors([[800, 500, black]]);
  });

  test("shows a picture at its size in the middle of the screen", async () => {
    (await open()).push(hd());
    await expectColors([
      ...quartersOf(160, 140, 1280, 720),
      [162, 142, red],
      [1437, 142, green],
      [162, 857, blue],
      [1437, 857, white],
      [158, 500, black],
      [1441, 500, black],
    ]);
  });

  test("never exceeds the screen", async () => {
    (await open()).push(yuv420p(3840, 2160, (x, y) => toYuv(quarters(x, y), "bt601", false)));
    await expectColors([...quartersOf(0, 50, 1600, 900), [800, 45, black], [800, 954, black]]);
  });

  test.each([
    ["bt601", 6, false],
    ["bt709", 1, false],
    ["bt601", 5, true],
    ["bt709", 1, true],
  ] as const)(
    "shows %s (matrix_coefficients %i), full range %s, in its colours",
    async (matrix, matrixCoefficients, fullRange) => {
      const color = { matrixCoefficients, fullRange };
      const paint = (x: number, y: number) => toYuv(quarters(x, y), matrix, fullRange);
      (await open()).push(yuv420p(640, 480, paint, { color }));
      await expectColors(quartersOf(480, 260, 640, 480));
      window.push(yuv420p(640, 480, () => toYuv([200, 100, 50], matrix, fullRange), { color }));
      await expectColors([[800, 500, [200, 100, 50]]]);
    },
  );

  test.each([
    ["bgr24", ([r, g, b]: Triple) => [b, g, r]],
    ["rgb24", ([r, g, b]: Triple) => [r, g, b]],
    ["rgba", ([r, g, b]: Triple) => [r, g, b, 255]],
  ] as const)("shows %s", async (format, bytes) => {
    (await open()).push(packed(format, 320, 240, (x, y) => bytes(quarters(x, y))));
    await expectColors(quartersOf(640, 380, 320, 240));
  });

  test("refuses a format that it cannot show", async () => {
    await open();
    expect(() => window.push(packed("gray8", 2, 2, () => [0]))).toThrow(/yuv420p.*gray8/);
  });

  test("shows pixels that are not square at their aspect ratio", async () => {
    const sampleAspectRatio = { width: 2, height: 1 };
    const paint = (x: number, y: number) => toYuv(quarters(x, y), "bt601", false);
    (await open()).push(yuv420p(320, 480, paint, { sampleAspectRatio }));
    await expectColors(quartersOf(480, 260, 640, 480));
  });

  test("keeps its size when the stream's size changes, and the picture's shape", async () => {
    (await open()).push(hd());
    window.push(yuv420p(480, 480, (x, y) => toYuv(quarters(x, y), "bt601", false)));
    await expectColors([...quartersOf(440, 140, 720, 720), [430, 500, black], [1170, 500, black]]);
  });

  test("holds one frame, and closes it at the next one or when the window closes", async () => {
    const [first, second, late] = [hd(), hd(), hd()];
    (await open()).push(first);
    expect(first.closed).toBe(false);
    window.push(second);
    expect([first.closed, second.closed]).toEqual([true, false]);
    window.close();
    window.close();
    expect(second.closed).toBe(true);
    expect(window.isOpen).toBe(false);
    window.push(late);
    expect(late.closed).toBe(true);
    await expectColors([[800, 500, black]]);
  });

  test("shows two streams in two windows", async () => {
    const other = await BuiltWindow.open({ title: "other", onEvent: () => {} });
    (await open()).push(yuv420p(1600, 1000, () => toYuv(red, "bt601", false)));
    await expectColors([[10, 10, red]]);
    other.push(yuv420p(320, 240, () => toYuv(green, "bt601", false)));
    window.close();
    await expectColors([[800, 500, green]]);
    other.close();
  });

  describe.skipIf(skipKeyboard)(`with a keyboard${why(skipKeyboard)}`, () => {
    const find = (title: string) => {
      const [id] = screen.xdotool("search", "--sync", "--name", `^${title}`).split("\n");
      screen.xdotool("windowfocus", "--sync", id!);
      return id!;
    };

    test("shows the name of the stream and the size of the picture in its title", async () => {
      await open("front door");
      const id = find("front door");
      expect(screen.xdotool("getwindowname", id)).toBe("front door – waiting");
      window.push(hd());
      await eventually(() => expect(screen.xdotool("getwindowname", id)).toBe("front door – 1280x720"));
    });

    test("draws the last picture again when a person resizes it", async () => {
      (await open()).push(hd());
      screen.xdotool("windowsize", find("camera"), "900", "800");
      // The window keeps its corner at 160, 140.
      const height = Math.round((900 * 9) / 16);
      const top = 140 + ((800 - height) >> 1);
      await expectColors([
        ...quartersOf(160, top, 900, height),
        [600, top - 4, black],
        [600, top + height + 4, black],
      ]);
    });

    test("reports its keys: q and Escape, s with the picture, others by name", async () => {
      const frame = hd();
      (await open()).push(frame);
      find("camera");
      for (const key of ["q", "Escape", "s", "space", "a", "Left"]) screen.xdotool("key", key);
      await eventually(() => expect(events).toHaveLength(6));
      expect(events).toEqual([
        { type: "close" },
        { type: "close" },
        { type: "snapshot", frame },
        { type: "key", key: "space" },
        { type: "key", key: "a" },
        { type: "key", key: "left" },
      ]);
    });

    test("continues after f, full screen or not", async () => {
      // Without a window manager nothing becomes larger. With evilwm it fills the screen and comes
      // back.
      (await open()).push(hd());
      find("camera");
      screen.xdotool("key", "f");
      screen.xdotool("key", "f");
      screen.xdotool("key", "a");
      await eventually(() => expect(events).toEqual([{ type: "key", key: "a" }]));
      window.push(hd());
      await expectColors(quartersOf(160, 140, 1280, 720));
    });

    test("has no snapshot before the first picture", async () => {
      await open();
      find("camera");
      screen.xdotool("key", "s");
      screen.xdotool("key", "a");
      await eventually(() => expect(events).toEqual([{ type: "key", key: "a" }]));
    });

    test("may be closed by the listener of a key", async () => {
      window = await BuiltWindow.open({ title: "camera", onEvent: () => window.close() });
      window.push(hd());
      find("camera");
      screen.xdotool("key", "q");
      await eventually(() => expect(window.isOpen).toBe(false));
    });
  });
});

describe("without", () => {
  /** Opens a window in its own process and returns the error's code and message. */
  const openElsewhere = (environment: NodeJS.ProcessEnv) => {
    const script = `
      const { Window } = await import(${JSON.stringify(built("window.js"))});
      await Window.open({ title: "", onEvent() {} }).then(
        (window) => { window.close(); console.log("opened"); },
        (error) => console.log(error.code, error.message),
      );`;
    const { DISPLAY, WAYLAND_DISPLAY, SDL_VIDEODRIVER, ...rest } = process.env;
    const node = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      env: { ...rest, ...environment },
    });
    return node.stdout.toString();
  };

  test.skipIf(skipScreen)(`a screen, says what to do${why(skipScreen)}`, () => {
    const said = openElsewhere({});
    expect(said).toContain("NALIVE_NO_DISPLAY");
    expect(said).toContain("neither DISPLAY nor WAYLAND_DISPLAY is set");
    expect(said).toContain("xvfb-run");
  });

  test.skipIf(skipScreen)(`a screen that answers, says what to do${why(skipScreen)}`, () => {
    expect(openElsewhere({ DISPLAY: ":9999" })).toMatch(/^NALIVE_NO_DISPLAY/);
  });

  test.skipIf(skipScreen)(
    `a screen, opens all the same for a person who asks for none${why(skipScreen)}`,
    () => {
      expect(openElsewhere({ SDL_VIDEODRIVER: "dummy" })).toContain("opened");
    },
  );

  test("SDL, says how to install it", async () => {
    const { loadSdl } = await import(built("sdl2.js?without-sdl"));
    await expect(loadSdl(["libnalive-no-such-library.so.0"])).rejects.toMatchObject({
      code: "NALIVE_NO_SDL",
      message: expect.stringMatching(/libnalive-no-such-library\.so\.0.*Install it: .*--output -/),
    });
  });
});

test("SDL has the platform's name, and on macOS the folders of Homebrew as well", () => {
  expect(libraryNames("linux")[0]).toBe("libSDL2-2.0.so.0");
  expect(libraryNames("darwin")).toContain("/opt/homebrew/lib/libSDL2-2.0.0.dylib");
  expect(libraryNames("win32")).toEqual(["SDL2.dll"]);
});
