import { parentPort, workerData } from "node:worker_threads";
import { TransportError } from "../../../core/errors.js";
import { microseconds } from "../../../core/time.js";
import { systemClock } from "../../clock.js";
import { loadStreamDecoders } from "../../decode/load-decoders.js";
import { canReopen, openSource } from "../../source/open-source.js";
import type { Source, SourceOptions } from "../../source/source.js";
import { createSlotControl } from "../frames/frame-slots.js";
import type { EngineCommand, EngineEvent, EngineStart } from "./engine-messages.js";
import { MessageBacklog } from "./message-backlog.js";
import { StreamEngine, type StreamEngineOptions } from "./stream-engine.js";
import { warmUpWhenIdle } from "./warm-up.js";

const port = parentPort!;
const { url, options, control, backlogs } = workerData as EngineStart;
const frameBacklog = new MessageBacklog(backlogs.frame);
const issueBacklog = new MessageBacklog(backlogs.issue);

let source: Source | undefined;
/**
 * While the queue is full, the engine does not report written bytes as consumed, so that the writer
 * waits.
 */
let isTakingInput = true;
let unacknowledged = 0;
const emit = (event: EngineEvent) => {
  if (event.type === "frame") frameBacklog.noteSent();
  if (event.type === "issue") issueBacklog.noteSent();
  port.postMessage(event);
  if (event.type === "closed") port.close();
};

const makeDecoders = await loadStreamDecoders(options.isolation);
try {
  source = url === undefined ? undefined : openSource(url, sourceOptions());
  const engine = makeEngine({ kind: source?.kind ?? "live", control, frameBacklog, issueBacklog, emit });
  port.on("message", (command: EngineCommand) => obey(engine, command));
  emit({ type: "started", canRestart: url === undefined || canReopen(url, source!, options.reconnect) });
  if (source) {
    engine.attach(source);
    source.start(engine);
  } else {
    engine.attach({ pause: () => setTakingInput(false), resume: () => setTakingInput(true) });
    engine.begin({ epoch: 0, peer: "the program" });
  }
  // A file needs no warm-up, since its bytes are there at once. A decoding process runs other code.
  if (source?.kind !== "file" && options.isolation !== "process") {
    warmUpWhenIdle(() => engine.statistics.receivedBytes === 0, makeUnwatchedEngine);
  }
} catch (error) {
  const code = (error as { code?: string }).code;
  emit({ type: "closed", reason: error as Error, code, statistics: undefined });
}

type OwnOptions = "kind" | "control" | "frameBacklog" | "issueBacklog" | "emit";

function makeEngine(own: Pick<StreamEngineOptions, OwnOptions>): StreamEngine {
  return new StreamEngine({ ...own, options, clock: systemClock, makeDecoders });
}

function makeUnwatchedEngine(): StreamEngine {
  const backlog = new MessageBacklog(MessageBacklog.createMemory());
  const control = createSlotControl();
  return makeEngine({
    kind: "live",
    control,
    frameBacklog: backlog,
    issueBacklog: backlog,
    emit: () => {},
  });
}

function sourceOptions(): SourceOptions {
  const { reconnect, live, loop } = options;
  return {
    reconnect,
    ...(live === undefined ? {} : { live }),
    ...(loop === undefined ? {} : { loop }),
  };
}

function setTakingInput(taking: boolean): void {
  isTakingInput = taking;
  if (taking) acknowledge();
}

function acknowledge(): void {
  if (!isTakingInput || unacknowledged === 0) return;
  emit({ type: "consumed", bytes: unacknowledged });
  unacknowledged = 0;
}

function obey(engine: StreamEngine, command: EngineCommand): void {
  switch (command.type) {
    case "write": {
      const { data, receivedAt, isMessage } = command;
      engine.push({ data, receivedAt: microseconds(receivedAt), framing: isMessage ? "message" : "none" });
      unacknowledged += data.length;
      acknowledge();
      break;
    }
    case "end":
      engine.end();
      engine.close(command.failure && new TransportError(command.failure.code, command.failure.message));
      break;
    case "room":
      engine.roomMade();
      break;
    case "statistics":
      emit({ type: "statistics", id: command.id, statistics: engine.statistics });
      break;
    case "stop":
      engine.stop();
      if (source) void source.stop();
      else engine.close();
      break;
  }
}
