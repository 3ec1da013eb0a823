import { fromMilliseconds } from "../core/time.js";
import { browserClock } from "./browser-clock.js";
import { Player } from "./player.js";
import type { PlayerCommand, PlayerEvent } from "./player-messages.js";

/** The part of the worker's global scope that is used here. The types only know a window's. */
const scope = self as unknown as {
  onmessage: ((event: MessageEvent<PlayerCommand>) => void) | null;
  postMessage(message: PlayerEvent, transfer: Transferable[]): void;
};
const emit = (event: PlayerEvent, transfer: Transferable[] = []) => scope.postMessage(event, transfer);

let player: Player | undefined;

scope.onmessage = ({ data: command }) => {
  switch (command.type) {
    case "start":
      if (typeof VideoDecoder === "undefined") emit({ type: "useless", reason: whyNoWebCodecs() });
      else player = new Player({ ...command, clock: browserClock, emit });
      player?.start();
      break;
    case "frame-done":
      player?.frameDone(
        command.sequence,
        command.outcome,
        fromMilliseconds(command.at - performance.timeOrigin),
      );
      break;
    case "pause":
      player?.pause();
      break;
    case "resume":
      player?.start();
      break;
  }
};

function whyNoWebCodecs(): string {
  return isSecureContext ? "this browser has no WebCodecs" : "WebCodecs needs https or localhost";
}
