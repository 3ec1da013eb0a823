import { NaliveError } from "../../core/errors.js";
import { describeSourceState } from "../source/describe-source-state.js";
import { openSource } from "../source/open-source.js";
import type { Source, SourceSink } from "../source/source.js";
import type { Publisher, ServedStream } from "./served-stream.js";

/**
 * Publishes a source of the server's own: each of its sessions is a publisher.
 *
 * @param tell hears what happens at the source, a sentence
 * @throws NaliveError `NALIVE_INVALID_SOURCE`, also for a file that would come all at once
 */
export function publishSource(
  stream: ServedStream,
  url: string,
  maxMessageBytes: number,
  tell: (text: string) => void,
): Source {
  const source = openSource(url, { maxMessageBytes });
  checkIsLive(source);
  let publisher: Publisher | undefined;
  const sink: SourceSink = {
    begin({ peer }) {
      publisher = {
        peer,
        via: "source",
        dismiss: () => void source.stop(),
        requestKeyFrame: (reason) => source.requestKeyFrame(reason),
      };
      stream.attach(publisher);
    },
    push(chunk) {
      if (publisher) stream.push(publisher, chunk);
    },
    end(reason) {
      if (publisher) stream.detach(publisher, reason?.message ?? `${publisher.peer} has left`);
      publisher = undefined;
    },
    state: (state) => tell(describeSourceState(state)),
    close(reason) {
      if (reason) tell(`${source.name} has ended: ${reason.message}`);
    },
  };
  source.start(sink);
  return source;
}

/**
 * A server relays what comes as it comes.
 * @throws NaliveError `NALIVE_INVALID_SOURCE`
 */
export function checkIsLive({ kind, name }: Source): void {
  if (kind === "live") return;
  throw new NaliveError(
    "NALIVE_INVALID_SOURCE",
    `${name} would come all at once: a server's sources are live; play a raw H.264 file as a camera with file:PATH?fps=30&loop`,
  );
}
