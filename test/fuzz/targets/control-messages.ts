import type { ServerMessage, ViewerMessage } from "../../../src/wire/control-message.js";
import type { Random } from "../../support/random.js";

/** A message of any kind, of either side, with what it may hold. */
export function anyControlMessage(random: Random): ServerMessage | ViewerMessage {
  return random.chance(0.5) ? serverMessage(random) : anyViewerMessage(random);
}

/** What a viewer may say. */
export function anyViewerMessage(random: Random): ViewerMessage {
  return random.pick<ViewerMessage>([
    { type: "ack", ...place(random) },
    { type: "clock", sentAt: random.below(2 ** 31) },
    {
      type: "report",
      tier: random.pick(["webcodecs", "mse", "mjpeg"] as const),
      why: "it can",
      shown: random.size(1000),
      skipped: random.size(100),
      heldBack: random.size(10),
      delayMs: { p50: random.size(50), p95: random.size(500) },
    },
  ]);
}

function serverMessage(random: Random): ServerMessage {
  const config = {
    codec: "avc1.64001F",
    width: random.size(4096),
    height: random.size(4096),
    sampleAspectRatio: { width: 1, height: 1 },
    pictureRate: 30,
    reorderDepth: random.below(17),
    colour: "BT.709, limited range",
  };
  const hello = { version: 1, stream: "cam", now: random.below(2 ** 31), ackEveryMs: 100 } as const;
  return random.pick<ServerMessage>([
    { type: "hello", ...hello, state: "live", config, edge: place(random) },
    { type: "hello", ...hello, state: "waiting" },
    { type: "config", config },
    { type: "gone", reason: "it has left", waitsMs: random.size(10_000) },
    { type: "back", epoch: random.size(100) },
    { type: "damage", code: "frame-num-gap", count: random.size(100), detail: "a picture is lost" },
    { type: "dropped", count: random.size(100), next: place(random) },
    { type: "clock", sentAt: random.below(2 ** 31), now: random.below(2 ** 31) },
    { type: "bye", reason: "The server is stopping" },
  ]);
}

const place = (random: Random) => ({
  epoch: random.below(3),
  group: random.size(1000),
  object: random.below(60),
});

/** Other values than any field wants. `__proto__` comes as a field's name too. */
const oddities = [
  "null",
  "-1",
  "1.5",
  "4294967296",
  "1e400",
  "-1e-7",
  '""',
  '"\\u0000\\ud800"',
  "[]",
  "{}",
  "true",
  '{"__proto__":{"type":"ack"}}',
  "[[[[[[[[]]]]]]]]",
];

/** Changes a message in its fields, its characters, its length; or not at all. */
export function mutateJson(text: string, random: Random): string {
  switch (random.below(7)) {
    case 0:
      return text;
    case 1:
    case 2:
      return onePart(text, /:("[^"]*"|-?[\d.]+)/g, random, () => `:${random.pick(oddities)}`);
    case 3:
      return onePart(text, /"\w+":/g, random, () =>
        random.pick(['"__proto__":', '"type":', '"x":', '"constructor":']),
      );
    case 4: {
      const at = random.below(text.length);
      return (
        text.slice(0, at) + String.fromCharCode(random.below(0x10000)) + text.slice(at + random.below(3))
      );
    }
    case 5:
      return text.slice(0, random.below(text.length + 1));
    default:
      return random.pick(["[", '{"a":', '"', text]).repeat(random.size(20_000)).slice(0, 40_000);
  }
}

/** Replaces one of the places where a pattern is found. */
function onePart(text: string, pattern: RegExp, random: Random, other: () => string): string {
  const found = [...text.matchAll(pattern)];
  if (found.length === 0) return text;
  const { 0: part, index } = random.pick(found);
  return text.slice(0, index) + other() + text.slice(index + part.length);
}
