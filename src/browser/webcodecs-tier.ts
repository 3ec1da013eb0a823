import type { PlayerCommand, PlayerEvent } from "./player-messages.js";
import PlayerWorker from "./player-worker.js?worker&inline";
import type { Tier, TierEvents, TierOptions } from "./tier.js";

/** WebCodecs on a canvas, in a worker: the page may be busy, the picture goes on. */
export function webCodecsTier(options: TierOptions, events: TierEvents): Tier {
  const media = document.createElement("canvas");
  const worker = new PlayerWorker();
  const tell = (command: PlayerCommand, transfer: Transferable[] = []) =>
    worker.postMessage(command, transfer);
  worker.onmessage = ({ data }: MessageEvent<PlayerEvent>) => {
    switch (data.type) {
      case "ready":
        events.onWorks(data.decoder);
        break;
      case "useless":
        events.onFails(data.reason);
        break;
      case "state":
        events.onState(data.state);
        break;
      case "resize":
        events.onResize(data.width, data.height);
        break;
      case "picture":
        events.onPicture(data.figures);
        break;
      case "issue":
        events.onIssue(data.code, data.detail);
        break;
    }
  };
  worker.onerror = (event) => events.onFails(`the player's worker failed: ${event.message || "not loaded"}`);
  const canvas = media.transferControlToOffscreen();
  tell({ type: "start", url: options.url, pacing: options.pacing, canvas }, [canvas]);
  return {
    media,
    pause: () => tell({ type: "pause" }),
    resume: () => tell({ type: "resume" }),
    close: () => worker.terminate(),
  };
}
