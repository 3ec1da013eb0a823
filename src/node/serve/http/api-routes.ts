import type { FastifyInstance } from "fastify";
import type { Access } from "../access/access.js";
import { openApi } from "../api/open-api.js";
import { operations } from "../api/operations.js";
import type { Stream, StreamDetails } from "../api/schema.js";
import { streamOfRecording } from "../recording/recording-name.js";
import type { Recordings } from "../recording/recordings.js";
import type { Viewers } from "../sockets/viewers.js";
import type { ServedStream } from "../streams/served-stream.js";
import type { Streams } from "../streams/streams.js";
import type { TestCamera } from "../streams/test-camera.js";
import { addOperation } from "./add-operation.js";
import type { Metrics } from "./metrics.js";
import type { ReaderRoutes } from "./reader-routes.js";

/** The parts of a server that the API reports on. */
export interface ApiParts {
  readonly streams: Streams;
  readonly viewers: Viewers;
  readonly reading: ReaderRoutes;
  readonly recordings: Recordings;
  readonly metrics: Metrics;
  readonly testCamera: TestCamera;
  readonly access: Access;
  readonly version: string;
}

/** Adds the JSON API, `/healthz` and `/metrics`; `api/operations.ts` describes them. */
export function addApiRoutes(app: FastifyInstance, parts: ApiParts): void {
  const { metrics, access, version } = parts;
  const startedAt = Date.now();
  const about = () => "*";

  addOperation(app, operations.getHealth, access, {
    about,
    run: () => ({
      status: "ok" as const,
      version,
      uptimeSeconds: Math.round((Date.now() - startedAt) / 1000),
      streams: parts.streams.list().length,
      viewers: parts.viewers.count,
    }),
  });
  addOperation(app, operations.getMetrics, access, {
    about,
    run: async (_params, _request, reply) => reply.type(metrics.contentType).send(await metrics.text()),
  });
  addOperation(app, operations.getDescription, access, { about, run: () => openApi(version) });
  addOperation(app, operations.getAccess, access, {
    about,
    run: (_params, { raw }) => ({
      view: access.allows("view", "*", raw),
      publish: access.allows("publish", "*", raw),
      manage: access.allows("manage", "*", raw),
    }),
  });
  addStreams(app, parts);
  addRecordings(app, parts);
  addTestCamera(app, parts);
}

function addStreams(app: FastifyInstance, parts: ApiParts): void {
  const { streams, access } = parts;
  addOperation(app, operations.listStreams, access, {
    about: () => "*",
    run: () => ({ streams: streams.list().map((stream) => describe(stream, parts)) }),
  });
  addOperation(app, operations.getStream, access, {
    about: ({ name }) => name,
    run: ({ name }) => describeFully(streams.get(name), parts),
  });
  addOperation(app, operations.dismissStream, access, {
    about: ({ name }) => name,
    run: ({ name }) => {
      streams.dismiss(name);
      return undefined;
    },
  });
}

function addRecordings(app: FastifyInstance, { streams, recordings, access }: ApiParts): void {
  const aboutName = ({ name }: { readonly name: string }) => name;
  addOperation(app, operations.getRecordingState, access, {
    about: aboutName,
    run: ({ name }) => recordings.state(streams.get(name).name),
  });
  addOperation(app, operations.startRecording, access, {
    about: aboutName,
    run: ({ name }) => recordings.start(streams.get(name)),
  });
  addOperation(app, operations.stopRecording, access, {
    about: aboutName,
    run: ({ name }) => recordings.stop(streams.get(name).name),
  });

  // By its name alone: who has no token must not learn which files exist.
  const aboutFile = ({ file }: { readonly file: string }) => streamOfRecording(file) ?? "*";
  addOperation(app, operations.listRecordings, access, {
    about: () => "*",
    run: async () => ({ recordings: await recordings.list() }),
  });
  addOperation(app, operations.downloadRecording, access, {
    about: aboutFile,
    run: async ({ file }, _request, reply) => {
      await recordings.streamOf(file);
      const disposition = `attachment; filename="${file}"`;
      return reply.header("Content-Disposition", disposition).sendFile(file, recordings.folder);
    },
  });
  addOperation(app, operations.deleteRecording, access, {
    about: aboutFile,
    run: async ({ file }) => {
      await recordings.delete(file);
      return undefined;
    },
  });
}

function addTestCamera(app: FastifyInstance, { testCamera, access }: ApiParts): void {
  const about = () => testCamera.name;
  addOperation(app, operations.startTestCamera, access, {
    about,
    run: () => {
      testCamera.start();
      return { stream: testCamera.name };
    },
  });
  addOperation(app, operations.stopTestCamera, access, {
    about,
    run: async () => {
      await testCamera.stop();
      return undefined;
    },
  });
}

/** A stream in the list. */
function describe(stream: ServedStream, { viewers, recordings, streams }: ApiParts): Stream {
  const { name, figures, newest, publisher, state, reason, isPermanent } = stream;
  return {
    name,
    state: state === "deserted" ? "waiting" : state,
    sinceSeconds: Math.round((streams.clock.now() - stream.since) / 1_000_000),
    ...(reason === undefined ? {} : { reason }),
    ...(publisher ? { publisher: { peer: publisher.peer, via: publisher.via } } : {}),
    isPermanent,
    ...(newest ? { config: newest.config } : {}),
    picturesPerSecond: round(figures.picturesPerSecond),
    bitsPerSecond: Math.round(figures.bitsPerSecond),
    pictures: figures.pictures,
    viewers: viewers.of(stream).size + viewers.readersOf(stream),
    isRecording: recordings.state(name).isRecording,
  };
}

/** Everything the server knows about a stream. */
function describeFully(stream: ServedStream, parts: ApiParts): StreamDetails {
  const { figures } = stream;
  return {
    ...describe(stream, parts),
    receivedBytes: figures.bytes,
    sentBytes: figures.sentBytes,
    droppedForViewers: figures.droppedForViewers,
    cachedBytes: stream.cachedBytes,
    keyFrameRequests: stream.keyFrameRequests,
    isDecoding: parts.reading.isDecoding(stream),
    delayMs: figures.delays.summary(),
    recentPictures: figures.recent,
    issues: stream.issues,
    recording: parts.recordings.state(stream.name),
    readers: parts.viewers.readersOf(stream),
    viewerSessions: [...parts.viewers.of(stream)].map(({ peer, sent, dropped, waitingBytes, report }) => ({
      peer,
      sent,
      dropped,
      waitingBytes,
      ...(report ? { report } : {}),
    })),
  };
}

const round = (value: number) => Math.round(value * 10) / 10;
