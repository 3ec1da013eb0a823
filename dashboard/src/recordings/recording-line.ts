import { showDialog } from "../parts/dialog.js";
import { element } from "../parts/element.js";
import { eraseButton } from "../parts/erase-button.js";
import { byteSize } from "../parts/words.js";
import { streamPath, withToken } from "../server/addresses.js";
import { api, filePath, type Recording } from "../server/api.js";

/** One file of the list: what it shows, since when, its size, and what can be done with it. */
export function recordingLine(recording: Recording, onDeleted: () => void): HTMLElement {
  const { file, stream, bytes, isOpen } = recording;
  const address = withToken(filePath(file));
  const play = element("button", { class: "button", type: "button", "aria-label": `Play ${file}` }, "Play");
  play.addEventListener("click", () =>
    showDialog(
      file,
      element("h2", { class: "recording-title" }, file),
      element("video", { src: address, controls: true, autoplay: true, playsinline: true }),
    ),
  );
  const save = element(
    "a",
    { class: "button", href: address, download: file, "aria-label": `Download ${file}`, title: file },
    "Download",
  );
  const erase = eraseButton(file, async () => {
    await api.deleteRecording(file).catch((error: Error) => alert(`Not deleted: ${error.message}`));
    onDeleted();
  });
  return element(
    "li",
    {},
    element("a", { class: "recording-stream", href: streamPath(stream) }, stream),
    element("span", { class: "recording-time" }, beginningOf(recording)),
    element(
      "span",
      { class: "recording-bytes" },
      byteSize(bytes),
      ...(isOpen ? [" · ", element("span", { class: "recording-now" }, "recording now")] : []),
    ),
    element("span", { class: "recording-actions" }, play, save, ...(isOpen ? [] : [erase])),
  );
}

/** When the recording began, by the server's local time: its file's name states it. */
function beginningOf({ file, changedAt }: Recording): string {
  const [, year, month, day, hour, minute, second] =
    /-(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)(?:-\d+)?\.mp4$/.exec(file) ?? [];
  if (year === undefined) return changedAt.replace("T", " ").slice(0, 19);
  return `${year}-${month}-${day} ${hour}:${minute}:${second}`;
}
