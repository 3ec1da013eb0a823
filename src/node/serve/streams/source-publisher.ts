import { type ErrorCode, NaliveError } from "../../../core/errors.js";
import type { Microseconds } from "../../../core/time.js";
import { describeSourceState } from "../../source/describe-source-state.js";
import { senderSilence } from "../../source/sockets/udp-sender.js";
import type { Source, SourceSink } from "../../source/source.js";
import { openLiveSource } from "../config/live-source.js";
import type { ServedStream } from "./served-stream.js";
import type { Publisher } from "./stream-state.js";

/** Logs what happens at a source, as a sentence; `code` is set when something went wrong. */
export type LogSource = (text: string, code: ErrorCode | undefined) => void;

/**
 * Publishes a source that the server itself opens. Each session of the source is a publisher.
 *
 * @throws NaliveError `NALIVE_INVALID_SOURCE`, also for a file that would arrive all at once
 */
export function publishSource(
  stream: ServedStream,
  url: string,
  maxMessageBytes: number,
  log: LogSource,
): Source {
  const source = openLiveSource(url, { maxMessageBytes });
  let publisher: Publisher | undefined;
  /** The sender of the session. */
  let sender = "";
  let heardAt: Microseconds | undefined;
  const attach = () => {
    publisher = {
      peer: sender,
      via: "source",
      // Ignores the rest of this session; the next may come from another sender or be repaired.
      dismiss: (error) => {
        publisher = undefined;
        log(`${sender} is ignored: ${error.message}`, error.code);
      },
      requestKeyFrame: (reason) => source.requestKeyFrame(reason),
    };
    stream.attach(publisher);
  };
  const sink: SourceSink = {
    begin({ peer }) {
      sender = peer;
      heardAt = undefined;
      attach();
    },
    push(chunk) {
      const { receivedAt, framing } = chunk;
      // Datagrams have no end: after a silence, a sender that was ignored may be repaired.
      const wasSilent = heardAt !== undefined && receivedAt - heardAt >= senderSilence;
      if (!publisher && framing === "datagram" && wasSilent) attach();
      heardAt = receivedAt;
      if (publisher) stream.push(publisher, chunk);
    },
    end(reason) {
      if (!publisher) return;
      const noPicture = stream.detach(publisher, reason?.message ?? `${publisher.peer} left`);
      if (noPicture) log(noPicture.message, noPicture.code);
      publisher = undefined;
    },
    state(state) {
      log(describeSourceState(state), "error" in state ? codeOf(state.error) : undefined);
      if (state.type === "retrying" && state.error) stream.explain(state.error.message);
    },
    close(reason) {
      stream.explain(reason?.message ?? `The source ${source.name} has ended`);
      if (reason) log(`The source ${source.name} ended: ${reason.message}`, codeOf(reason));
    },
  };
  source.start(sink);
  return source;
}

const codeOf = (error: Error | undefined) => (error instanceof NaliveError ? error.code : undefined);
