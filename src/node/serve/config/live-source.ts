import { NaliveError } from "../../../core/errors.js";
import { openSource } from "../../source/open-source.js";
import type { Source, SourceOptions } from "../../source/source.js";

/**
 * A source whose pictures come at the rate of a camera, because a server relays them as they come.
 * Nothing is opened before `start`.
 * @throws NaliveError `NALIVE_INVALID_SOURCE`, also for a file whose pictures would come all at
 *   once
 */
export function openLiveSource(url: string, options: SourceOptions = {}): Source {
  const source = openSource(url, options);
  if (source.kind === "live") return source;
  throw new NaliveError(
    "NALIVE_INVALID_SOURCE",
    `The source ${source.name} is not live: its pictures would come all at once. ` +
      "Play a raw H.264 file as a camera with file:PATH?fps=30&loop, " +
      "other files with exec:ffmpeg -re -i PATH -c copy -f h264 -",
  );
}
