import { ProtocolError } from "../core/errors.js";

/** Which access unit: the numbers of `NumberedAccessUnit`. */
export interface ObjectPlace {
  readonly epoch: number;
  readonly group: number;
  readonly object: number;
}

/** What a decoder and a page need to know of a stream. */
export interface StreamConfig {
  /** For WebCodecs and MSE, such as `avc1.64001F`. */
  readonly codec: string;
  /** Pixels, after cropping. */
  readonly width: number;
  /** Pixels, after cropping. */
  readonly height: number;
  /** Width to height of one sample; 1:1 if the stream does not state it. */
  readonly sampleAspectRatio: { readonly width: number; readonly height: number };
  /** Pictures per second by the VUI; undefined if it states none. */
  readonly pictureRate?: number;
  /** Pictures that a decoder must hold back for output order; undefined if unknown. */
  readonly reorderDepth?: number;
  /** Matrix and range in words, as the stream states them; undefined if it states neither. */
  readonly colour?: string;
  /** A feature in use that decoders do not support, in words; undefined if there is none. */
  readonly unsupported?: string;
}

/**
 * From the server to a viewer, as JSON in text messages. First comes `hello`, then at once the
 * access unit messages since the last random access point, then each new one as it comes.
 */
export type ServerMessage =
  | HelloMessage
  /** The stream changes at the next group: another codec string, size or reorder depth. */
  | { readonly type: "config"; readonly config: StreamConfig }
  /**
   * The publisher has left; the last picture stays. It comes again when the reason becomes known
   * better. The server waits `waitsMs` for the next publisher, then sends `bye`. Undefined: it
   * waits without end.
   */
  | { readonly type: "gone"; readonly reason: string; readonly waitsMs?: number }
  /**
   * The publisher is connected, but nothing has come from it since then, on the server's clock, µs.
   * The next access unit whose last byte came later ends this.
   */
  | { readonly type: "silent"; readonly since: number }
  /** A publisher has connected: what follows belongs to this epoch. */
  | { readonly type: "back"; readonly epoch: number }
  /**
   * The server found damage in the publisher's stream: an `IssueCode`, how often it occurred so
   * far, and a sentence.
   */
  | { readonly type: "damage"; readonly code: string; readonly count: number; readonly detail: string }
  /**
   * This viewer was too slow: the server did not send it `count` access units before `next`. If
   * `next` is object 0, decoding starts again there. Otherwise only non-reference pictures are
   * missing, and the gap in the numbers does no harm.
   */
  | { readonly type: "dropped"; readonly count: number; readonly next: ObjectPlace }
  /**
   * Answers `clock`: the viewer's number, and the server's monotonic clock at the answer, µs.
   */
  | { readonly type: "clock"; readonly sentAt: number; readonly now: number }
  /** The server ends the connection. The close code states the reason as well. */
  | { readonly type: "bye"; readonly reason: string };

/** The first message on a viewer's connection. */
interface HelloMessage {
  readonly type: "hello";
  /** `wireVersion` of the server. */
  readonly version: number;
  /** The stream's name. */
  readonly stream: string;
  /**
   * `live`: a publisher is connected. `waiting`: none is; `back` follows when one connects. After
   * the access units that follow at once, `gone` says why none is, or `silent` since when nothing
   * has come.
   */
  readonly state: "live" | "waiting";
  /** Undefined before the first picture: then a `config` message follows. */
  readonly config?: StreamConfig;
  /**
   * The newest of the access units that follow at once; a viewer need not show those before it.
   * Undefined if none follow.
   */
  readonly edge?: ObjectPlace;
  /** The server's monotonic clock, µs. All times in access unit messages are on this clock. */
  readonly now: number;
  /** The viewer should acknowledge at most this often, ms. */
  readonly ackEveryMs: number;
}

/** How a viewer shows pictures, from the best to the last resort. */
type PlayerTier = "webcodecs" | "mse" | "mjpeg";

/** From a viewer to the server. All of it is optional: a silent viewer gets pictures as well. */
export type ViewerMessage =
  /** The newest access unit received. After the first one, the server measures lag by it. */
  | ({ readonly type: "ack" } & ObjectPlace)
  /** Asks for the server's clock. The answer repeats `sentAt`. */
  | { readonly type: "clock"; readonly sentAt: number }
  | ReportMessage;

/** A viewer's figures since it connected. */
export interface ReportMessage {
  readonly type: "report";
  readonly tier: PlayerTier;
  /** Why it runs this tier, as a sentence. */
  readonly why: string;
  /** Pictures shown. */
  readonly shown: number;
  /** Whole pictures not shown because a newer one had come. */
  readonly skipped: number;
  /** Pictures held back because a picture that they refer to was lost or damaged. */
  readonly heldBack: number;
  /**
   * From the server's receipt of a picture's last byte until the picture is shown, ms. Undefined
   * until the viewer knows the server's clock.
   */
  readonly delayMs?: { readonly p50: number; readonly p95: number };
}

/** From the server to a publisher on a WebSocket, as JSON in text messages. */
export type PublisherMessage =
  /**
   * Asks for a key frame, because viewers cannot start or lost something. The server limits how
   * often it asks; a publisher may ignore it.
   */
  | { readonly type: "key-frame-request"; readonly reason: string }
  /** The server ends the connection. */
  | { readonly type: "bye"; readonly reason: string };

/** Writes a message for any side. */
export function writeControlMessage(message: ServerMessage | ViewerMessage | PublisherMessage): string {
  return JSON.stringify(message);
}

/** Length limit of a control message, characters. */
const maxLength = 16_384;

/**
 * Reads a message from the server to a viewer.
 *
 * @returns undefined for a type that this version does not know
 * @throws ProtocolError if it is no JSON object, or malformed for its type
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
    case "silent":
      return { type: "silent", since: fields.number("since") };
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
 * Reads a message from a viewer.
 *
 * @returns undefined for a type that this version does not know
 * @throws ProtocolError if it is no JSON object, or malformed for its type
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
 * Reads a message from the server to a publisher.
 *
 * @returns undefined for a type that this version does not know
 * @throws ProtocolError if it is no JSON object, or malformed for its type
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

/** Reads the fields of an untrusted JSON object one by one. */
class Fields {
  readonly #values: Record<string, unknown>;
  /** Names of the objects around this one, each with a dot. */
  readonly #path: string;

  constructor(json: string | Record<string, unknown>, path = "") {
    this.#values = typeof json === "string" ? parseObject(json) : json;
    this.#path = path;
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
    return isObject(value) ? new Fields(value, `${this.#path}${name}.`) : this.#fail(name, "an object");
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
    const field = this.#path + name;
    throw new ProtocolError(`In a control message, ${field} was ${came}, expected ${expected}`);
  }
}

function parseObject(text: string): Record<string, unknown> {
  if (text.length > maxLength) {
    throw new ProtocolError(`A control message had ${text.length} characters, expected at most ${maxLength}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ProtocolError(`A control message was no JSON: ${text.slice(0, 100)}`, { cause });
  }
  if (isObject(value)) return value;
  throw new ProtocolError(`A control message was ${text.slice(0, 100)}, expected an object`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
