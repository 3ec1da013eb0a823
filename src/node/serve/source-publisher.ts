import { describeSourceState } from "../source/describe-source-state.js";
import { openSource } from "../source/open-source.js";
import type { Source, SourceSink } from "../source/source.js";
import type { Publisher, ServedStream } from "./served-stream.js";

/**
 * Publishes a source of the server's own: each of its sessions is a publisher. A file is played at its own rate by
 * `?fps`, as on the command line.
 *
 * @param tell hears what happens at the source, a sentence
 * @throws NaliveError `NALIVE_INVALID_SOURCE`
 */
export function publishSource(
  stream: ServedStream,
  url: string,
  maxMessageBytes: number,
  tell: (text: string) => void,
): Source {
  const source = openSource(url, { maxMessageBytes });
  let publisher: Publisher | undefined;
  const sink: SourceSink = {
    begin({ peer }) {
      publisher = { peer, via: "source", dismiss: () => void source.stop() };
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
