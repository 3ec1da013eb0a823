import { NaliveError } from "../../../core/errors.js";
import { openSource } from "../../source/open-source.js";
import type { Source, SourceOptions } from "../../source/source.js";

/**
 * A source from which pictures come as a camera sends them: a server relays what comes as it comes. Nothing is opened before `start`.
 * @throws NaliveError `NALIVE_INVALID_SOURCE`, also for a file that would come all at once
 */
export function openLiveSource(url: string, options: SourceOptions = {}): Source {
  const source = openSource(url, options);
  if (source.kind === "live") return source;
  throw new NaliveError(
    "NALIVE_INVALID_SOURCE",
    `${source.name} would come all at once: a server's sources are live; play a raw H.264 file as a camera with file:PATH?fps=30&loop, ` +
      "others with exec:ffmpeg -re -i PATH -c copy -f h264 -",
  );
}
