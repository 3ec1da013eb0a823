import { browserClock } from "./browser-clock.js";
import { probeDecoder } from "./decoder-probe.js";
import { Player } from "./player.js";
import type { PlayerCommand, PlayerEvent } from "./player-messages.js";

/** The part of a worker's global scope that is used here; the types know it as a window's. */
const scope = self as unknown as {
  onmessage: ((event: MessageEvent<PlayerCommand>) => void) | null;
  postMessage(message: PlayerEvent): void;
};
const emit = (event: PlayerEvent) => scope.postMessage(event);

let player: Player | undefined;
let isPaused = false;

scope.onmessage = ({ data: command }) => {
  switch (command.type) {
    case "start":
      void start(command);
      break;
    case "pause":
      isPaused = true;
      player?.pause();
      break;
    case "resume":
      isPaused = false;
      player?.start();
      break;
  }
};

async function start({ url, pacing, canvas }: PlayerCommand & { type: "start" }): Promise<void> {
  if (typeof VideoDecoder === "undefined") {
    const why = isSecureContext ? "this browser has no WebCodecs" : "WebCodecs needs https or localhost";
    emit({ type: "useless", reason: why });
    return;
  }
  try {
    for (const hardwareAcceleration of ["no-preference", "prefer-software"] as const) {
      const abilities = await probeDecoder(hardwareAcceleration);
      if (!abilities) continue;
      const how = abilities.givesOutOnRequest ? "gives out each picture when asked" : "keeps its own order";
      emit({ type: "ready", decoder: `WebCodecs, ${how}` });
      player = new Player({
        url,
        canvas,
        pacing,
        clock: browserClock,
        abilities,
        hardwareAcceleration,
        emit,
      });
      if (!isPaused) player.start();
      return;
    }
    emit({ type: "useless", reason: "this browser's WebCodecs does not decode H.264" });
  } catch (error) {
    emit({ type: "useless", reason: `WebCodecs failed: ${error instanceof Error ? error.message : error}` });
  }
}
