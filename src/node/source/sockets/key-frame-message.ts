/**
 * The text message by which a WebSocket receiver asks its sender for a key frame: see
 * docs/websocket.md.
 */
export function keyFrameRequest(reason: string): string {
  return JSON.stringify({ type: "key-frame-request", reason });
}

/** True for that message, false for those of other programs. */
export function isKeyFrameRequest(text: string): boolean {
  try {
    return (JSON.parse(text) as { type?: unknown } | null)?.type === "key-frame-request";
  } catch {
    return false;
  }
}
