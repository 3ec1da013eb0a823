import type { ServerResponse } from "node:http";
import type { FastifyInstance, FastifyReply } from "fastify";
import type { Access } from "../access/access.js";
import { operations } from "../api/operations.js";
import type { ServeConfig } from "../config/serve-config.js";
import type { ImageFormat } from "../images/picture-messages.js";
import { PictureTap } from "../images/picture-tap.js";
import { ServeError } from "../serve-error.js";
import type { FollowImages } from "../sockets/image-session.js";
import type { Viewers } from "../sockets/viewers.js";
import type { ServedStream } from "../streams/served-stream.js";
import type { Streams } from "../streams/streams.js";
import { addOperation } from "./add-operation.js";
import { annexBWriter, HttpReader, mp4Writer } from "./http-reader.js";

type ReadOperation =
  | typeof operations.readH264
  | typeof operations.readMp4
  | typeof operations.readMjpeg
  | typeof operations.snapshotJpeg
  | typeof operations.snapshotPng;

/** Separates the pictures of a motion JPEG response. */
const boundary = "nalive-picture";

/** A connection with this many bytes still to send gets no further JPEG. */
const mjpegBacklogBytes = 1024 * 1024;

/**
 * What other programs read: raw H.264, MP4, motion JPEG and snapshots. No reader slows down
 * another.
 */
export class ReaderRoutes {
  readonly #streams: Streams;
  readonly #viewers: Viewers;
  readonly #access: Access;
  readonly #config: ServeConfig;
  readonly #taps = new Map<ServedStream, PictureTap>();

  constructor(streams: Streams, viewers: Viewers, access: Access, config: ServeConfig) {
    this.#streams = streams;
    this.#viewers = viewers;
    this.#access = access;
    this.#config = config;
  }

  /** True while a thread decodes the stream. */
  isDecoding(stream: ServedStream): boolean {
    return this.#taps.get(stream)?.isRunning ?? false;
  }

  /** Follows a stream's pictures as JPEG. */
  readonly followImages: FollowImages = (stream, take) => this.#tapOf(stream).follow(take);

  addRoutes(app: FastifyInstance): void {
    type Run = (
      stream: ServedStream,
      reply: FastifyReply,
      type: string,
    ) => FastifyReply | Promise<FastifyReply>;
    const add = (operation: ReadOperation, run: Run, type: string = operation.success.media) =>
      addOperation(app, operation, this.#access, {
        about: ({ name }) => name,
        run: ({ name }, _request, reply) => run(this.#streams.get(name), reply, type),
        // HEAD must not follow the stream, nor start decoding.
        head: ({ name }, reply) => {
          this.#streams.get(name);
          return reply.type(type).header("Cache-Control", "no-store").send();
        },
      });
    add(operations.readH264, (stream, reply, type) => this.#follow(stream, reply, type, annexBWriter()));
    add(operations.readMp4, (stream, reply, type) => this.#follow(stream, reply, type, mp4Writer()));
    const mjpegType = `${operations.readMjpeg.success.media}; boundary=${boundary}`;
    add(operations.readMjpeg, (stream, reply, type) => this.#mjpeg(stream, reply, type), mjpegType);
    add(operations.snapshotJpeg, (stream, reply, type) => this.#snapshot(stream, reply, type, "jpeg"));
    add(operations.snapshotPng, (stream, reply, type) => this.#snapshot(stream, reply, type, "png"));
  }

  /** Stops all decoding. */
  async close(): Promise<void> {
    await Promise.all([...this.#taps.values()].map((tap) => tap.close()));
  }

  /** Stops decoding a stream that has ended. */
  forget(stream: ServedStream): void {
    void this.#taps.get(stream)?.close();
    this.#taps.delete(stream);
  }

  #follow(
    stream: ServedStream,
    reply: FastifyReply,
    type: string,
    writer: ReturnType<typeof mp4Writer>,
  ): FastifyReply {
    const { response, onEnd } = this.#open(stream, reply, type);
    const reader = new HttpReader(response, writer, this.#streams.clock, this.#config, stream);
    onEnd(stream.watch(reader));
    // It has the last pictures, and nobody expects more.
    if (stream.state === "deserted") reader.close();
    return reply;
  }

  #mjpeg(stream: ServedStream, reply: FastifyReply, type: string): FastifyReply {
    const { response, onEnd } = this.#open(stream, reply, type);
    response.write(`--${boundary}\r\n`);
    const endFollowing = this.#tapOf(stream).follow((jpeg) => {
      if (response.writableLength > mjpegBacklogBytes) return;
      response.cork();
      response.write(`Content-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`);
      response.write(jpeg);
      // The boundary follows at once, so that the reader knows that the picture is complete.
      response.write(`\r\n--${boundary}\r\n`);
      response.uncork();
      stream.figures.sent(jpeg.length);
    });
    const endWatching = stream.watch({
      push: () => undefined,
      tell: () => undefined,
      close: () => void response.end(),
    });
    onEnd(() => {
      endFollowing();
      endWatching();
    });
    return reply;
  }

  async #snapshot(
    stream: ServedStream,
    reply: FastifyReply,
    type: string,
    format: ImageFormat,
  ): Promise<FastifyReply> {
    const image = await this.#tapOf(stream).snapshot(format);
    return reply.type(type).header("Cache-Control", "no-store").send(Buffer.from(image));
  }

  /** Begins a response that lasts until the reader leaves or the stream ends. */
  #open(stream: ServedStream, reply: FastifyReply, type: string) {
    // Node reports to no response but the first of a connection that this is gone.
    if (!reply.raw.socket) {
      throw new ServeError(
        "NALIVE_PROTOCOL",
        "This connection waits for another answer: expected each endless answer to be requested on a connection of its own",
      );
    }
    const leave = this.#viewers.addReader(stream);
    reply.hijack();
    const response: ServerResponse = reply.raw;
    response.socket?.setNoDelay(true);
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) response.setHeader(name, value);
    }
    response.writeHead(200, { "Content-Type": type, "Cache-Control": "no-store" });
    response.flushHeaders();
    response.on("error", () => undefined);
    response.on("close", leave);
    // Node fires this after a time without writes: the reader takes nothing, or nobody publishes.
    response.setTimeout(this.#config.bounds.viewerStallMs, () => {
      if (response.writableLength > 0) response.destroy();
    });
    const onEnd = (end: () => void) => {
      if (response.destroyed) end();
      else response.on("close", end);
    };
    return { response, onEnd };
  }

  #tapOf(stream: ServedStream): PictureTap {
    const tap = this.#taps.get(stream) ?? new PictureTap(stream);
    this.#taps.set(stream, tap);
    return tap;
  }
}
