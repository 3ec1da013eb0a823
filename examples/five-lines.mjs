// Prints the frames of a live sender, always the newest one. Start a sender beside it:
//   nalive send test: tcp://127.0.0.1:5000
import { open } from "nalive";

for await (const frame of open(process.argv[2] ?? "tcp://0.0.0.0:5000?listen")) {
  console.log(frame.width, frame.height, frame.data.length, frame.provenance.pictureType);
}
