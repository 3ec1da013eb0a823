/**
 * Says what lies between the pictures of a stream.
 *
 * @param bytes what follows a picture
 * @param isAlways false if other pictures are followed by more or fewer bytes
 */
export function describeTail(bytes: Uint8Array, isAlways: boolean): string {
  const text = /^[\x20-\x7e\r\n]{3,}/.exec(String.fromCharCode(...bytes.subarray(0, 24)))?.[0];
  const first = text?.trim() ? JSON.stringify(text.trim()).replace(/^"|"$/g, "'") : hex(bytes.subarray(0, 4));
  const count = isAlways ? `${bytes.length} bytes` : "bytes";
  return `each picture is followed by ${count} beginning ${first}, which are no H.264`;
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
