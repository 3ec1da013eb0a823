import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Access } from "../access/access.js";
import type { Recordings } from "../recording/recordings.js";
import type { Viewers } from "../sockets/viewers.js";
import type { ServedStream } from "../streams/served-stream.js";
import type { Streams } from "../streams/streams.js";
import type { TestCamera } from "../streams/test-camera.js";
import type { Metrics } from "./metrics.js";
import { openApi } from "./open-api.js";
import type { ReaderRoutes } from "./reader-routes.js";

/** What the API tells of. */
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

type Named = FastifyRequest<{ Params: { name: string } }>;
type Filed = FastifyRequest<{ Params: { file: string } }>;

/** The JSON API, which `open-api.ts` describes; `/healthz`; `/metrics`. */
export function addApiRoutes(app: FastifyInstance, parts: ApiParts): void {
  const { streams, recordings, metrics, testCamera, access, version } = parts;
  const startedAt = Date.now();
  const mayView = async ({ raw, params }: Named) => access.check("view", params.name, raw);
  const mayManage = async ({ raw, params }: Named) => access.check("manage", params.name, raw);
  const maySeeAll = async ({ raw }: FastifyRequest) => access.check("view", "*", raw);
  const maySeeFile = async ({ raw, params }: Filed) =>
    access.check("view", await recordings.streamOf(params.file), raw);
  const mayPublishTest = async ({ raw }: FastifyRequest) => access.check("publish", testCamera.name, raw);
  const mayManageFile = async ({ raw, params }: Filed) =>
    access.check("manage", await recordings.streamOf(params.file), raw);

  app.get("/healthz", async () => ({
    status: "ok",
    version,
    uptimeSeconds: Math.round((Date.now() - startedAt) / 1000),
    streams: streams.list().length,
    viewers: parts.viewers.count,
  }));
  app.get("/metrics", { onRequest: maySeeAll }, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  );
  app.get("/api/openapi.json", async () => openApi(version));

  app.get("/api/streams", { onRequest: maySeeAll }, async () => ({
    streams: streams.list().map((stream) => describe(stream, parts)),
  }));
  app.get("/api/streams/:name", { onRequest: mayView }, async ({ params }: Named) =>
    describeFully(streams.get(params.name), parts),
  );
  app.get("/api/streams/:name/recording", { onRequest: mayView }, async ({ params }: Named) =>
    recordings.state(streams.get(params.name).name),
  );
  app.post("/api/streams/:name/recording", { onRequest: mayManage }, async ({ params }: Named, reply) =>
    reply.status(201).send(await recordings.start(streams.get(params.name))),
  );
  app.delete("/api/streams/:name/recording", { onRequest: mayManage }, async ({ params }: Named) =>
    recordings.stop(streams.get(params.name).name),
  );

  app.post("/api/test-camera", { onRequest: mayPublishTest }, async (_request, reply) => {
    testCamera.start();
    return reply.status(201).send({ stream: testCamera.name });
  });
  app.delete("/api/test-camera", { onRequest: mayPublishTest }, async (_request, reply) => {
    await testCamera.stop();
    return reply.status(204).send();
  });

  app.get("/api/recordings", { onRequest: maySeeAll }, async () => ({ recordings: await recordings.list() }));
  app.get<{ Params: { file: string } }>(
    "/api/recordings/:file",
    { onRequest: maySeeFile },
    async ({ params }, reply) =>
      reply
        .header("Content-Disposition", `attachment; filename="${params.file}"`)
        .sendFile(params.file, recordings.folder),
  );
  app.delete("/api/recordings/:file", { onRequest: mayManageFile }, async ({ params }: Filed, reply) => {
    await recordings.delete(params.file);
    return reply.status(204).send();
  });
}

/** A stream in the list. */
function describe(stream: ServedStream, { viewers, recordings, streams }: ApiParts) {
  const { name, figures, newest, publisher } = stream;
  return {
    name,
    state: publisher ? "live" : "waiting",
    sinceSeconds: Math.round((streams.clock.now() - stream.since) / 1_000_000),
    ...(publisher ? { publisher: { peer: publisher.peer, via: publisher.via } } : {}),
    ...(newest ? { config: newest.config } : {}),
    picturesPerSecond: round(figures.picturesPerSecond),
    bitsPerSecond: Math.round(figures.bitsPerSecond),
    pictures: figures.pictures,
    viewers: viewers.of(stream).size + viewers.readersOf(stream),
    isRecording: recordings.state(name).isRecording,
  };
}

/** A stream by itself, with all that is known of it. */
function describeFully(stream: ServedStream, parts: ApiParts) {
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
