// A script of a page, as somebody else writes it against the published package.
import "nalive/player";
import type { NalivePlayerElement, PictureFigures } from "nalive/player";

const player = document.createElement("nalive-player");
player.src = "ws://127.0.0.1:8264/streams/cam/ws";
player.pace = "smooth";
player.addEventListener("picture", ({ detail }) => show(detail));
player.addEventListener("state", ({ detail }) => console.log(detail.type === "retrying" && detail.waitMs));
player.addEventListener("click", (event: MouseEvent) => console.log(event.clientX));
document.body.append(player);

function show(figures: PictureFigures): void {
  console.log(figures.shownMs, player.statistics.delayMs.shown?.p95, player.tierInUse?.why);
}

export function internals(element: NalivePlayerElement): void {
  // @ts-expect-error internal
  element.connectedCallback();
  // @ts-expect-error not a pace
  element.pace = "fast";
}
