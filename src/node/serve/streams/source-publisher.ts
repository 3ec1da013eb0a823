import { type ErrorCode, NaliveError } from "../../../core/errors.js";
import { describeSourceState } from "../../source/describe-source-state.js";
import type { Source, SourceSink } from "../../source/source.js";
import { openLiveSource } from "../config/live-source.js";
import type { Publisher, ServedStream } from "./served-stream.js";

/** Hears what happens at a source, a sentence; with a code it is trouble. */
export type TellOfSource = (text: string, code: ErrorCode | undefined) => void;

/**
 * Publishes a source of the server's own: each of its sessions is a publisher.
 *
 * @throws NaliveError `NALIVE_INVALID_SOURCE`, also for a file that would come all at once
 */
export function publishSource(
  stream: ServedStream,
  url: string,
  maxMessageBytes: number,
  tell: TellOfSource,
): Source {
  const source = openLiveSource(url, { maxMessageBytes });
  let publisher: Publisher | undefined;
  const sink: SourceSink = {
    begin({ peer }) {
      publisher = {
        peer,
        via: "source",
        // The rest of its session is ignored; the next one may be another sender, or the same one put right.
        dismiss: (error) => {
          publisher = undefined;
          tell(`${peer} is ignored: ${error.message}`, error.code);
        },
        requestKeyFrame: (reason) => source.requestKeyFrame(reason),
      };
      stream.attach(publisher);
    },
    push(chunk) {
      if (publisher) stream.push(publisher, chunk);
    },
    end(reason) {
      if (!publisher) return;
      const nothing = stream.detach(publisher, reason?.message ?? `${publisher.peer} left`);
      if (nothing) tell(nothing.message, nothing.code);
      publisher = undefined;
    },
    state: (state) => tell(describeSourceState(state), "error" in state ? codeOf(state.error) : undefined),
    close(reason) {
      if (reason) tell(`The source ${source.name} ended: ${reason.message}`, codeOf(reason));
    },
  };
  source.start(sink);
  return source;
}

const codeOf = (error: Error | undefined) => (error instanceof NaliveError ? error.code : undefined);
