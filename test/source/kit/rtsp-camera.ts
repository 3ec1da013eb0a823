import { once } from "node:events";
import { createServer, type Socket } from "node:net";

/**
 * A small IP camera: RTSP over TCP, parameter sets only in the SDP, RTP packets between the
 * answers.
 */
export class RtspCamera {
  readonly #server = createServer((socket) => this.#serve(socket));
  readonly #sockets = new Set<Socket>();
  readonly #nalUnits: readonly (readonly Uint8Array[])[];
  readonly #parameterSets: readonly Uint8Array[];

  readonly #stayConnected: boolean;

  /**
   * @param accessUnits sent at 100 per second; then the connection closes, or stays open in silence
   */
  constructor(accessUnits: readonly Uint8Array[], { stayConnected = false } = {}) {
    this.#stayConnected = stayConnected;
    const all = accessUnits.map(nalUnits);
    const isSet = (nal: Uint8Array) => [7, 8].includes(nal[0]! & 31);
    this.#parameterSets = all[0]!.filter(isSet);
    this.#nalUnits = all.map((units) => units.filter((nal) => !isSet(nal)));
  }

  async listen(): Promise<string> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `rtsp://127.0.0.1:${(this.#server.address() as { port: number }).port}/camera`;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => {});
    let text = "";
    socket.on("data", (data) => {
      text += data.toString("latin1");
      for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n")) {
        this.#answer(socket, text.slice(0, end));
        text = text.slice(end + 4);
      }
    });
  }

  #answer(socket: Socket, request: string): void {
    const [method] = request.split(" ");
    const number = /CSeq: *(\d+)/i.exec(request)?.[1];
    const reply = (headers: string, body = "") =>
      socket.write(
        `RTSP/1.0 200 OK\r\nCSeq: ${number}\r\nSession: 1\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`,
      );
    const sets = this.#parameterSets.map((set) => Buffer.from(set).toString("base64")).join(",");
    const sdp = `v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1;sprop-parameter-sets=${sets}\r\na=control:track1\r\n`;
    if (method === "OPTIONS") reply("Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n");
    else if (method === "DESCRIBE") reply("Content-Type: application/sdp\r\n", sdp);
    else if (method === "SETUP") reply("Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n");
    else reply("");
    if (method === "PLAY") void this.#play(socket);
  }

  async #play(socket: Socket): Promise<void> {
    let sequence = 0;
    for (const [picture, units] of this.#nalUnits.entries()) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      const packets = units.flatMap((unit) => [...payloads(unit)]);
      for (const [index, payload] of packets.entries()) {
        const header = Buffer.alloc(16);
        header.writeUInt8(0x24, 0);
        header.writeUInt16BE(payload.length + 12, 2);
        header.writeUInt8(0x80, 4);
        header.writeUInt8(96 | (index === packets.length - 1 ? 0x80 : 0), 5);
        header.writeUInt16BE(sequence++, 6);
        header.writeUInt32BE(picture * 3000, 8);
        socket.write(Buffer.concat([header, payload]));
      }
    }
    if (!this.#stayConnected) socket.end();
  }
}

/** Single NAL unit packets, and fragments of longer NAL units (FU-A, RFC 6184 5.8). */
function* payloads(nal: Uint8Array): Generator<Uint8Array> {
  const most = 1200;
  if (nal.length <= most) {
    yield nal;
    return;
  }
  for (let at = 1; at < nal.length; at += most) {
    const marks = (at === 1 ? 0x80 : 0) | (at + most >= nal.length ? 0x40 : 0);
    yield Buffer.concat([
      Buffer.from([(nal[0]! & 0xe0) | 28, marks | (nal[0]! & 31)]),
      nal.subarray(at, at + most),
    ]);
  }
}

/** The NAL units of an access unit, without start codes. */
export function nalUnits(accessUnit: Uint8Array): Uint8Array[] {
  const bytes = Buffer.from(accessUnit);
  const code = Buffer.from([0, 0, 1]);
  const starts: number[] = [];
  for (let at = bytes.indexOf(code); at >= 0; at = bytes.indexOf(code, at + 3)) starts.push(at + 3);
  return starts.map((start, index) => {
    let end = index + 1 < starts.length ? starts[index + 1]! - 3 : bytes.length;
    while (bytes[end - 1] === 0) end--;
    return bytes.subarray(start, end);
  });
}
