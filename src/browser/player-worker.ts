import { fromMilliseconds } from "../core/time.js";
import { browserClock } from "./browser-clock.js";
import { probeDecoder } from "./decoder-probe.js";
import { Player } from "./player.js";
import type { PlayerCommand, PlayerEvent } from "./player-messages.js";

/** The part of a worker's global scope that is used here; the types know it as a window's. */
const scope = self as unknown as {
  onmessage: ((event: MessageEvent<PlayerCommand>) => void) | null;
  postMessage(message: PlayerEvent, transfer: Transferable[]): void;
};
const emit = (event: PlayerEvent, transfer: Transferable[] = []) => scope.postMessage(event, transfer);

let player: Player | undefined;
let isPaused = false;

scope.onmessage = ({ data: command }) => {
  switch (command.type) {
    case "start":
      void start(command, ["no-preference", "prefer-software"], []);
      break;
    case "taken":
      player?.taken(command.sequence, command.outcome, fromMilliseconds(command.at - performance.timeOrigin));
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

/**
 * Plays with the first kind of decoder that works, and with the next when it turns out to be of no use.
 * @param failures of the kinds before
 */
async function start(
  command: PlayerCommand & { type: "start" },
  kinds: readonly HardwareAcceleration[],
  failures: readonly string[],
): Promise<void> {
  player?.end();
  player = undefined;
  const [kind, ...others] = kinds;
  if (typeof VideoDecoder === "undefined" || kind === undefined) {
    emit({ type: "useless", reason: failures.join("; ") || whyNoWebCodecs() });
    return;
  }
  const tryNext = (reason: string) => void start(command, others, [...failures, reason]);
  try {
    const abilities = await probeDecoder(kind);
    if (!abilities) {
      tryNext(`WebCodecs does not decode H.264 here (${kind})`);
      return;
    }
    const how = abilities.givesOutOnRequest ? "gives out each picture when asked" : "keeps its own order";
    const why = [`WebCodecs (${kind}), ${how}`, ...failures].join("; ");
    emit({ type: "ready", decoder: why });
    player = new Player({
      ...command,
      clock: browserClock,
      abilities,
      hardwareAcceleration: kind,
      why,
      emit,
      onUseless: (reason) => tryNext(reason.message),
    });
    if (isPaused) emit({ type: "state", state: { type: "paused" } });
    else player.start();
  } catch (error) {
    tryNext(`WebCodecs failed: ${error instanceof Error ? error.message : error}`);
  }
}

function whyNoWebCodecs(): string {
  return isSecureContext ? "this browser has no WebCodecs" : "WebCodecs needs https or localhost";
}
