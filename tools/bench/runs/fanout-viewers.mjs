// Many viewers in one process, as light as possible: WebSocket frames are counted, not copied.
// Arguments: PORT SETTINGS (JSON of `AudienceSettings`). Sends the parent `AudienceMessage`s.
import { randomBytes } from "node:crypto";
import { connect } from "node:net";

/**
 * @typedef {object} AudienceSettings
 * @property {readonly string[]} streams
 * @property {number} viewers of each stream
 * @property {boolean} numbered pictures carry their numbers in nalive's wire form
 *
 * @typedef {object} Viewing
 * @property {string} stream
 * @property {(number | null)[]} times when the last byte of each picture came, µs; null for one
 *   that did not
 * @property {number} gaps how often a picture did not follow the one before it
 *
 * @typedef {{ type: "open" } | { type: "received", received: Viewing[] }} AudienceMessage `open`:
 *   all viewers are connected; `received`: the answer to any message
 */

const port = Number(process.argv[2]);
/** @type {AudienceSettings} */
const settings = JSON.parse(process.argv[3] ?? "");
const now = () => Number(process.hrtime.bigint() / 1000n);
/** @type {Viewing[]} */
const received = [];
let open = 0;

for (const stream of settings.streams) {
  for (let index = 0; index < settings.viewers; index++) watch(stream);
}

/** @param {string} stream */
function watch(stream) {
  /** @type {Viewing["times"]} */
  const times = [];
  const viewing = { stream, times, gaps: 0 };
  received.push(viewing);
  const noteWhole = () => {
    if (picture !== times.length) viewing.gaps++;
    times[picture] = now();
  };
  const socket = connect(port, "127.0.0.1");
  socket.setNoDelay(true);
  const key = randomBytes(16).toString("base64");
  socket.write(
    [
      `GET /streams/${stream}/ws HTTP/1.1`,
      "Host: localhost",
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Key: ${key}`,
      "Sec-WebSocket-Version: 13\r\n\r\n",
    ].join("\r\n"),
  );
  let head = Buffer.alloc(0);
  let isOpen = false;
  /** Bytes of the message that are still to come. */
  let left = 0;
  /** Number of the picture that comes; -1 for another message. */
  let picture = -1;
  let count = 0;
  socket.on("error", () => undefined);
  socket.on("data", (bytes) => {
    let at = 0;
    if (left > 0) {
      at = Math.min(left, bytes.length);
      left -= at;
      if (left === 0 && picture >= 0) noteWhole();
    }
    if (at === bytes.length) return;
    head = head.length > 0 ? Buffer.concat([head, bytes.subarray(at)]) : bytes.subarray(at);
    if (!isOpen) {
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) return;
      isOpen = true;
      head = head.subarray(end + 4);
      if (++open === received.length) send({ type: "open" });
    }
    for (;;) {
      const frame = frameAt(head);
      if (!frame) break;
      picture = -1;
      if (frame.isBinary) picture = settings.numbered ? head.readUInt32BE(frame.header + 16) : count++;
      const end = frame.header + frame.length;
      left = Math.max(0, end - head.length);
      head = left > 0 ? Buffer.alloc(0) : head.subarray(end);
      if (left > 0) break;
      if (picture >= 0) noteWhole();
    }
    head = Buffer.from(head);
  });
}

/**
 * The header of the frame at the start of the bytes; undefined until enough of it has come.
 *
 * @param {Buffer} bytes
 */
function frameAt(bytes) {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return undefined;
  const short = second & 127;
  const header = short === 126 ? 4 : short === 127 ? 10 : 2;
  // A short message may be less than what numbered pictures begin with.
  if (bytes.length < header + 24 && (short >= 126 || bytes.length < header + short)) return undefined;
  const length =
    short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  return { header, length, isBinary: (first & 15) === 2 };
}

process.on("message", () => send({ type: "received", received }, () => process.exit(0)));

/**
 * @param {AudienceMessage} message
 * @param {() => void} [sent]
 */
function send(message, sent = () => {}) {
  process.send?.(message, sent);
}
