import { CanvasRenderer } from "./painting/canvas-renderer.js";
import type { PlayerCommand, PlayerEvent } from "./player-messages.js";
import PlayerWorker from "./player-worker.js?worker&inline";
import type { Tier, TierEvents, TierOptions } from "./tier.js";

/**
 * Receives and decodes in a worker, which a busy page does not slow, and draws on a canvas in the
 * page.
 */
export function webCodecsTier(options: TierOptions, events: TierEvents): Tier {
  const media = document.createElement("canvas");
  const worker = options.worker === undefined ? new PlayerWorker() : new Worker(options.worker);
  const tell = (command: PlayerCommand) => worker.postMessage(command);
  const frameDone = (outcome: "shown" | "skipped") => (sequence: number) =>
    tell({ type: "frame-done", sequence, outcome, at: performance.timeOrigin + performance.now() });
  const renderer = new CanvasRenderer(media, {
    onDrawn: frameDone("shown"),
    onSkipped: frameDone("skipped"),
    onResize: events.onResize,
  });
  worker.onmessage = ({ data }: MessageEvent<PlayerEvent>) => {
    switch (data.type) {
      case "ready":
        renderer.restart();
        events.onWorks(data.decoder);
        break;
      case "useless":
        events.onFails(data.reason);
        break;
      case "state":
        events.onState(data.state);
        break;
      case "frame":
        renderer.push(data.frame);
        break;
      case "picture":
        events.onPicture(data.figures);
        break;
      case "issue":
        events.onIssue(data.code, data.detail);
        break;
    }
  };
  worker.onerror = ({ message }) =>
    events.onFails(message ? `the player's worker failed: ${message}` : notLoaded(options.worker));
  tell({ type: "start", url: options.url, pacing: options.pacing });
  return {
    media,
    pause: () => tell({ type: "pause" }),
    resume: () => tell({ type: "resume" }),
    close: () => {
      renderer.close();
      worker.terminate();
    },
  };
}

/** Browsers do not tell a page why a worker was not loaded. */
function notLoaded(address: string | undefined): string {
  if (address !== undefined) return `the player's worker was not loaded from ${address}`;
  return (
    "WebCodecs needs worker-src blob: in the page's Content-Security-Policy, " +
    "or the attribute worker with the address of player-worker.js on the page's own server"
  );
}
