// Many viewers in one process, as light as they can be: frames of WebSocket are counted, not copied. Times go to the parent.
// argv: port, JSON of { streams, viewers (of each), numbered: pictures are numbered by nalive's wire form }
import { randomBytes } from "node:crypto";
import { connect } from "node:net";

const [port, settings] = [Number(process.argv[2]), JSON.parse(process.argv[3])];
const now = () => Number(process.hrtime.bigint() / 1000n);
/** Of each viewer: when the last byte of each picture came, µs, and how often one did not follow the one before it. */
const received = [];
let open = 0;

for (const stream of settings.streams) {
  for (let index = 0; index < settings.viewers; index++) watch(stream);
}

function watch(stream) {
  const times = [];
  const viewer = { stream, times, gaps: 0 };
  received.push(viewer);
  const whole = () => {
    if (picture !== times.length) viewer.gaps++;
    times[picture] = now();
  };
  const socket = connect(port, "127.0.0.1");
  socket.setNoDelay(true);
  const key = randomBytes(16).toString("base64");
  socket.write(
    `GET /streams/${stream}/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
  );
  let head = Buffer.alloc(0);
  let isOpen = false;
  /** Bytes of the message that are still to come, and whether it is a picture. */
  let left = 0;
  let picture = -1;
  let count = 0;
  socket.on("error", () => undefined);
  socket.on("data", (bytes) => {
    let at = 0;
    if (left > 0) {
      const taken = Math.min(left, bytes.length);
      left -= taken;
      at = taken;
      if (left === 0 && picture >= 0) whole();
    }
    if (at === bytes.length) return;
    head = head.length > 0 ? Buffer.concat([head, bytes.subarray(at)]) : bytes.subarray(at);
    if (!isOpen) {
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) return;
      isOpen = true;
      head = head.subarray(end + 4);
      if (++open === received.length) process.send({ type: "open" });
    }
    for (;;) {
      const found = frame(head);
      if (!found) break;
      picture = found.isBinary ? (settings.numbered ? head.readUInt32BE(found.header + 16) : count++) : -1;
      const end = found.header + found.length;
      left = Math.max(0, end - head.length);
      head = left > 0 ? Buffer.alloc(0) : head.subarray(end);
      if (left > 0) break;
      if (picture >= 0) whole();
    }
    head = Buffer.from(head);
  });
}

/** The header of the frame that begins here; undefined while not enough of it has come. */
function frame(bytes) {
  if (bytes.length < 2) return undefined;
  const short = bytes[1] & 127;
  const header = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < header + 24) {
    const length = short < 126 ? short : undefined;
    if (length === undefined || bytes.length < header + length) return undefined;
  }
  const length =
    short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  return { header, length, isBinary: (bytes[0] & 15) === 2 };
}

process.on("message", () => {
  process.send({ type: "received", received }, () => process.exit(0));
});
