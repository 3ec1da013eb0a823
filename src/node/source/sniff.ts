import { describeWrapped, recognizeWrapped } from "./wrapped-h264.js";

/**
 * The first bytes of a kind of foreign data. `at` is a byte offset; `bytes` are Latin-1 characters.
 */
interface Signature {
  readonly at: number;
  readonly bytes: string;
  readonly what: string;
}

/** How many of a stream's first bytes are kept, to find bytes that are nearly H.264. */
export const headBytes = 4096;

/** How many of them are enough for anything else: five packets of an MPEG transport stream. */
const enoughBytes = 1024;

/** Where the last signature ends. */
const signatureBytes = 12;

const container = "give it its usual extension, and nalive reads it through FFmpeg";
const convert = "convert it first, as in `exec:ffmpeg -i FILE -c:v libx264 -tune zerolatency -f h264 -`";

const signatures: readonly Signature[] = [
  { at: 4, bytes: "ftyp", what: `an MP4 file (ftyp box); ${container} (.mp4)` },
  { at: 4, bytes: "moov", what: `a QuickTime file (moov box); ${container} (.mov)` },
  { at: 4, bytes: "styp", what: `a fragmented MP4 stream (styp box); ${container} (.mp4)` },
  { at: 0, bytes: "\x1a\x45\xdf\xa3", what: `a Matroska or WebM file; ${container} (.mkv)` },
  { at: 0, bytes: "FLV\x01", what: `a Flash video; ${container} (.flv)` },
  { at: 8, bytes: "AVI ", what: `an AVI file; ${container} (.avi)` },
  { at: 0, bytes: "DKIF", what: `an IVF file, which holds VP8, VP9 or AV1; ${convert}` },
  { at: 0, bytes: "YUV4MPEG2", what: `uncompressed video (YUV4MPEG2); ${convert}` },
  { at: 0, bytes: "\x00\x00\x01\xba", what: `an MPEG program stream; ${container} (.mpg)` },
  { at: 0, bytes: "\x00\x00\x01\xb3", what: `MPEG-2 video; ${convert}` },
  { at: 0, bytes: "\xff\xd8\xff", what: `a JPEG image, or motion JPEG; ${convert}` },
  { at: 0, bytes: "\x89PNG\r\n\x1a\n", what: "a PNG image" },
  { at: 0, bytes: "GIF8", what: "a GIF image" },
  { at: 8, bytes: "WEBP", what: "a WebP image" },
  { at: 0, bytes: "%PDF-", what: "a PDF document" },
  { at: 0, bytes: "PK\x03\x04", what: "a ZIP archive" },
  { at: 0, bytes: "\x1f\x8b\x08", what: "a gzip archive; unpack it first" },
  { at: 0, bytes: "\x28\xb5\x2f\xfd", what: "a Zstandard archive; unpack it first" },
  { at: 0, bytes: "BZh", what: "a bzip2 archive; unpack it first" },
  { at: 0, bytes: "\xfd7zXZ\x00", what: "an xz archive; unpack it first" },
  { at: 0, bytes: "OggS", what: "an Ogg file" },
  { at: 8, bytes: "WAVE", what: "a WAV sound file" },
  { at: 0, bytes: "ID3", what: "an MP3 sound file" },
  { at: 0, bytes: "\x7fELF", what: "a program (ELF)" },
  { at: 0, bytes: "RTSP/1.", what: "an RTSP answer; connect with rtsp:// instead" },
];

/**
 * Not certain: one in 65 536 streams joined inside a picture begins like this, and pictures may
 * follow the head of an HTTP answer.
 */
const uncertainSignatures: readonly Signature[] = [
  { at: 0, bytes: "HTTP/1.", what: "an HTTP answer; connect with http:// instead" },
  { at: 0, bytes: "BM", what: "a BMP image" },
  { at: 0, bytes: "\x16\x03", what: "a TLS handshake; this port speaks plain TCP" },
];

const transportStream = `an MPEG transport stream; ${container} (.ts), or use \`exec:ffmpeg -i … -c copy -f h264 -\``;

const httpRequest = /^(GET|POST|PUT|HEAD|OPTIONS|CONNECT) [^\r\n]* HTTP\/1\./;
const markup = /^\s*(<!doctype|<html|<\?xml|<svg)/i;

/**
 * Names what the first bytes of a stream are or probably are, for streams in which no H.264 was
 * found.
 *
 * @param head the first bytes: 64 or more for a reliable answer, `headBytes` to find MPEG-TS
 *   and bytes that are nearly H.264
 * @returns text to go after "this is", such as "a JPEG image", with advice if there is any;
 *   undefined when it is not clear
 */
export function describeForeignBytes(head: Uint8Array): string | undefined {
  const text = latin1(head);
  const known = signatureOf(text, signatures) ?? webText(text);
  if (known) return known;
  if (isTransportStream(head)) return transportStream;
  const wrapped = describeWrapped(head);
  if (wrapped) return wrapped;
  const perhaps = signatureOf(text, uncertainSignatures);
  if (perhaps) return perhaps;
  if (isText(text.slice(0, 64))) return quoted(text);
  return isRtp(head) ? "RTP packets; open them with rtsp://, or an .sdp file" : undefined;
}

/**
 * The same, but only what no H.264 stream begins with, wherever the receiver joined it: enough to
 * refuse the stream. More bytes do not change the answer, so it may be asked for while they arrive.
 *
 * Text is certain only when it is longer than the text in H.264: x264 writes its settings into an
 * SEI, about 700 characters.
 */
export function recognizeForeignBytes(head: Uint8Array): string | undefined {
  if (head.length < signatureBytes) return undefined;
  const text = latin1(head);
  const known = signatureOf(text, signatures) ?? webText(text);
  if (known) return known;
  // Four packets have begun.
  if (head.length > 3 * 188 && isTransportStream(head)) return transportStream;
  if (head.length >= enoughBytes && isText(text)) return quoted(text);
  return head.length < headBytes ? undefined : recognizeWrapped(head);
}

function latin1(head: Uint8Array): string {
  return Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, enoughBytes)).toString("latin1");
}

function signatureOf(text: string, known: readonly Signature[]): string | undefined {
  return known.find(({ at, bytes }) => text.startsWith(bytes, at))?.what;
}

function webText(text: string): string | undefined {
  if (httpRequest.test(text)) return "an HTTP request; a browser or program took this port for a web server";
  return markup.test(text) ? "a web page or XML document" : undefined;
}

/** 0x47 at every 188th byte, four times, or in a datagram of 188 × n bytes n times. */
function isTransportStream(head: Uint8Array): boolean {
  if (head.length < 2 * 188) return false;
  for (let at = 0; at < Math.min(head.length, 4 * 188); at += 188) if (head[at] !== 0x47) return false;
  return true;
}

/**
 * Version 2 without padding, payload type 96 to 127, and a payload that can be H.264 (RFC 6184).
 */
function isRtp(head: Uint8Array): boolean {
  if (head.length < 14 || (head[0]! & 0xe0) !== 0x80 || (head[1]! & 0x7f) < 96) return false;
  const type = head[12]! & 31;
  return (head[12]! & 0x80) === 0 && type >= 1 && type <= 29;
}

/** Sixteen or more characters, all of them printable ASCII or white space. */
function isText(text: string): boolean {
  return text.length >= 16 && /^[\t\n\r\x20-\x7e]*$/.test(text);
}

function quoted(text: string): string {
  const beginning = text.slice(0, 40).replace(/\s+/g, " ").trim();
  return `text ("${beginning}…"); check the address, and what its sender writes`;
}
