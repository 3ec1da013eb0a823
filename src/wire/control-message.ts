import { ProtocolError } from "../core/errors.js";

/** Which access unit: the numbers of `NumberedAccessUnit`. */
export interface ObjectPlace {
  readonly epoch: number;
  readonly group: number;
  readonly object: number;
}

/** What a stream is, as a decoder and a page want it. */
export interface StreamConfig {
  /** For WebCodecs and MSE, such as `avc1.64001F`. */
  readonly codec: string;
  /** Pixels, after cropping. */
  readonly width: number;
  /** Pixels, after cropping. */
  readonly height: number;
  /** Width to height of one sample; 1:1 when the stream does not say. */
  readonly sampleAspectRatio: { readonly width: number; readonly height: number };
  /** Pictures a second by the VUI; undefined when it does not say. */
  readonly pictureRate?: number;
  /** Pictures that a decoder must hold for their order; undefined when it is not known. */
  readonly reorderDepth?: number;
  /** Matrix and range in words, as the stream states them; undefined when it does not. */
  readonly colour?: string;
  /** A feature that decoders lack, in words; undefined: none. */
  readonly unsupported?: string;
}

/**
 * What the server tells a viewer, as JSON in text messages. First `hello`, then at once the access
 * unit messages from the last random access point on, then each as it comes.
 */
export type ServerMessage =
  | HelloMessage
  /** The stream is another one from the next group on: another codec string, size or order. */
  | { readonly type: "config"; readonly config: StreamConfig }
  /**
   * The publisher has left; the last picture stays. The server waits `waitsMs` for the next,
   * undefined: for ever; then `bye`.
   */
  | { readonly type: "gone"; readonly reason: string; readonly waitsMs?: number }
  /** A publisher is there (again): what comes is of this epoch. */
  | { readonly type: "back"; readonly epoch: number }
  /**
   * Damage that the server found in what the publisher sent: an `IssueCode`, how often so far, and
   * a sentence.
   */
  | { readonly type: "damage"; readonly code: string; readonly count: number; readonly detail: string }
  /**
   * This viewer was too slow: so many access units before `next` were not sent. When `next` is
   * object 0, go on there; else only non-reference pictures are missing, and the gap in the numbers
   * means nothing.
   */
  | { readonly type: "dropped"; readonly count: number; readonly next: ObjectPlace }
  /**
   * Answers `clock`: the viewer's number, and the server's monotonic clock when it answered, µs.
   */
  | { readonly type: "clock"; readonly sentAt: number; readonly now: number }
  /** The server ends the connection; the close code says why, too. */
  | { readonly type: "bye"; readonly reason: string };

/** The first message on each connection of a viewer. */
interface HelloMessage {
  readonly type: "hello";
  /** `wireVersion` of the server. */
  readonly version: number;
  /** The stream's name. */
  readonly stream: string;
  /** `live`: a publisher is there. `waiting`: none; `back` will tell. */
  readonly state: "live" | "waiting";
  /** Undefined while nothing has come yet: a `config` message follows. */
  readonly config?: StreamConfig;
  /**
   * The newest access unit of those that follow at once: nothing before it is worth showing.
   * Undefined: none follow.
   */
  readonly edge?: ObjectPlace;
  /** The server's monotonic clock, µs: the clock of all times in access unit messages. */
  readonly now: number;
  /** Acknowledge what has come this often, at most, ms. */
  readonly ackEveryMs: number;
}

/** How a viewer shows pictures, from the best to the last resort. */
type PlayerTier = "webcodecs" | "mse" | "mjpeg";

/** What a viewer tells the server. All of it may stay away: pictures come without a word. */
export type ViewerMessage =
  /** The newest access unit received. Once sent, the server judges this viewer's lag by it. */
  | ({ readonly type: "ack" } & ObjectPlace)
  /** Asks for the server's clock; `sentAt` comes back as it was. */
  | { readonly type: "clock"; readonly sentAt: number }
  | ReportMessage;

/** What a viewer counted since it connected, for figures. */
export interface ReportMessage {
  readonly type: "report";
  readonly tier: PlayerTier;
  /** Why it runs this tier, a sentence. */
  readonly why: string;
  /** Pictures shown. */
  readonly shown: number;
  /** Whole pictures not shown because a newer one was there. */
  readonly skipped: number;
  /** Pictures held back because something that they need was lost or damaged. */
  readonly heldBack: number;
  /**
   * Last byte received by the server → picture shown, ms on the server's clock; undefined while not
   * known.
   */
  readonly delayMs?: { readonly p50: number; readonly p95: number };
}

/** What the server tells a publisher on a WebSocket, as JSON in text messages. */
export type PublisherMessage =
  /**
   * A key frame is wanted: viewers cannot start, or lost something. Sent at a bounded rate; may be
   * ignored.
   */
  | { readonly type: "key-frame-request"; readonly reason: string }
  /** The server ends the connection. */
  | { readonly type: "bye"; readonly reason: string };

/** Writes a message of either side. */
export function writeControlMessage(message: ServerMessage | ViewerMessage | PublisherMessage): string {
  return JSON.stringify(message);
}

/** Longest control message that is read, characters. */
const maxLength = 16_384;

/**
 * Reads what the server sent.
 *
 * @returns undefined for a type that this version does not know: ignore it
 * @throws ProtocolError when it is no JSON object, or a known type that breaks its form
 */
export function readServerMessage(text: string): ServerMessage | undefined {
  const fields = new Fields(text);
  switch (fields.type) {
    case "hello":
      return readHello(fields);
    case "config":
      return { type: "config", config: readConfig(fields.object("config")) };
    case "gone":
      return readGone(fields);
    case "back":
      return { type: "back", epoch: fields.count("epoch") };
    case "damage":
      return {
        type: "damage",
        code: fields.text("code"),
        count: fields.count("count"),
        detail: fields.text("detail"),
      };
    case "dropped":
      return { type: "dropped", count: fields.count("count"), next: readPlace(fields.object("next")) };
    case "clock":
      return { type: "clock", sentAt: fields.number("sentAt"), now: fields.number("now") };
    case "bye":
      return { type: "bye", reason: fields.text("reason") };
    default:
      return undefined;
  }
}

/**
 * Reads what a viewer sent.
 *
 * @returns undefined for a type that this version does not know: ignore it
 * @throws ProtocolError when it is no JSON object, or a known type that breaks its form
 */
export function readViewerMessage(text: string): ViewerMessage | undefined {
  const fields = new Fields(text);
  switch (fields.type) {
    case "ack":
      return { type: "ack", ...readPlace(fields) };
    case "clock":
      return { type: "clock", sentAt: fields.number("sentAt") };
    case "report":
      return readReport(fields);
    default:
      return undefined;
  }
}

/**
 * Reads what the server sent to a publisher.
 *
 * @returns undefined for a type that this version does not know: ignore it
 * @throws ProtocolError when it is no JSON object, or a known type that breaks its form
 */
export function readPublisherMessage(text: string): PublisherMessage | undefined {
  const fields = new Fields(text);
  const { type } = fields;
  return type === "key-frame-request" || type === "bye" ? { type, reason: fields.text("reason") } : undefined;
}

function readGone(fields: Fields): ServerMessage {
  const waitsMs = fields.optionalNumber("waitsMs");
  return { type: "gone", reason: fields.text("reason"), ...(waitsMs === undefined ? {} : { waitsMs }) };
}

function readHello(fields: Fields): HelloMessage {
  const config = fields.optionalObject("config");
  const edge = fields.optionalObject("edge");
  return {
    type: "hello",
    version: fields.count("version"),
    stream: fields.text("stream"),
    state: fields.oneOf("state", ["live", "waiting"]),
    ...(config ? { config: readConfig(config) } : {}),
    ...(edge ? { edge: readPlace(edge) } : {}),
    now: fields.number("now"),
    ackEveryMs: fields.number("ackEveryMs"),
  };
}

function readConfig(fields: Fields): StreamConfig {
  const ratio = fields.object("sampleAspectRatio");
  const pictureRate = fields.optionalNumber("pictureRate");
  const reorderDepth = fields.optionalNumber("reorderDepth");
  const colour = fields.optionalText("colour");
  const unsupported = fields.optionalText("unsupported");
  return {
    codec: fields.text("codec"),
    width: fields.count("width"),
    height: fields.count("height"),
    sampleAspectRatio: { width: ratio.count("width"), height: ratio.count("height") },
    ...(pictureRate === undefined ? {} : { pictureRate }),
    ...(reorderDepth === undefined ? {} : { reorderDepth }),
    ...(colour === undefined ? {} : { colour }),
    ...(unsupported === undefined ? {} : { unsupported }),
  };
}

function readPlace(fields: Fields): ObjectPlace {
  return { epoch: fields.count("epoch"), group: fields.count("group"), object: fields.count("object") };
}

function readReport(fields: Fields): ReportMessage {
  const delay = fields.optionalObject("delayMs");
  return {
    type: "report",
    tier: fields.oneOf("tier", ["webcodecs", "mse", "mjpeg"]),
    why: fields.text("why"),
    shown: fields.count("shown"),
    skipped: fields.count("skipped"),
    heldBack: fields.count("heldBack"),
    ...(delay ? { delayMs: { p50: delay.number("p50"), p95: delay.number("p95") } } : {}),
  };
}

/** The fields of a JSON object from outside, read one by one. */
class Fields {
  readonly #values: Record<string, unknown>;
  readonly #what: string;

  constructor(json: string | Record<string, unknown>, what = "a control message") {
    this.#values = typeof json === "string" ? parseObject(json) : json;
    this.#what = what;
  }

  get type(): string {
    return this.text("type");
  }

  text(name: string): string {
    const value = this.#values[name];
    return typeof value === "string" ? value : this.#fail(name, "a text");
  }

  number(name: string): number {
    const value = this.#values[name];
    return typeof value === "number" && Number.isFinite(value) ? value : this.#fail(name, "a number");
  }

  /** A whole number from 0 to 2^32 - 1. */
  count(name: string): number {
    const value = this.number(name);
    return Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff
      ? value
      : this.#fail(name, "a whole number from 0 to 4294967295");
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T {
    const value = values.find((known) => known === this.#values[name]);
    return value ?? this.#fail(name, `one of ${values.join(", ")}`);
  }

  object(name: string): Fields {
    const value = this.#values[name];
    return isObject(value) ? new Fields(value, name) : this.#fail(name, "an object");
  }

  optionalText(name: string): string | undefined {
    return this.#values[name] === undefined ? undefined : this.text(name);
  }

  optionalNumber(name: string): number | undefined {
    return this.#values[name] === undefined ? undefined : this.number(name);
  }

  optionalObject(name: string): Fields | undefined {
    return this.#values[name] === undefined ? undefined : this.object(name);
  }

  #fail(name: string, expected: string): never {
    const came = JSON.stringify(this.#values[name])?.slice(0, 100) ?? "nothing";
    throw new ProtocolError(`${name} of ${this.#what} was ${came}, expected ${expected}`);
  }
}

function parseObject(text: string): Record<string, unknown> {
  if (text.length > maxLength) {
    throw new ProtocolError(`a control message had ${text.length} characters, expected at most ${maxLength}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ProtocolError(`a control message was no JSON: ${text.slice(0, 100)}`, { cause });
  }
  if (isObject(value)) return value;
  throw new ProtocolError(`a control message was ${text.slice(0, 100)}, expected an object`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
