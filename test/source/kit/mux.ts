import { AV_CODEC_ID_H264, AVMEDIA_TYPE_VIDEO } from "node-av/constants";
import { FormatContext, Packet } from "node-av/lib";

/**
 * Writes access units to a container file with FFmpeg. The extension decides its kind.
 *
 * @param extradata stands beside the stream; default: its parameter sets
 */
export function mux(accessUnits: readonly Uint8Array[], path: string, extradata?: Buffer): void {
  const output = new FormatContext();
  check(output.allocOutputContext2(null, null, path));
  const stream = output.newStream(null);
  const { codecpar } = stream;
  codecpar.codecType = AVMEDIA_TYPE_VIDEO;
  codecpar.codecId = AV_CODEC_ID_H264;
  codecpar.width = 128;
  codecpar.height = 96;
  // The parameter sets stand before the first slice.
  const first = Buffer.from(accessUnits[0]!);
  codecpar.extradata = extradata ?? first.subarray(0, first.indexOf(Buffer.from([0, 0, 1, 0x65])));
  check(output.openOutputSync());
  check(output.writeHeaderSync(null));
  const packet = new Packet();
  const { num, den } = stream.timeBase;
  for (const [number, unit] of accessUnits.entries()) {
    packet.alloc();
    packet.data = Buffer.from(unit);
    packet.pts = packet.dts = BigInt(Math.round((number * den) / num / 30));
    packet.streamIndex = 0;
    packet.isKeyframe = number === 0;
    check(output.interleavedWriteFrameSync(packet));
    packet.free();
  }
  check(output.writeTrailerSync());
  output.closeOutputSync();
  output.freeContext();
}

function check(result: number): void {
  if (result < 0) throw new Error(`FFmpeg failed: ${result}`);
}
