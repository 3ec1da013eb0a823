import { readFileSync } from "node:fs";
import { createServer } from "node:net";

/** A TCP port that nobody listens on. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Waits until somebody listens. Connecting to find out would use up the one sender that `ffmpeg` takes. */
export async function waitUntilListening(port, hasEnded, timeoutMs = 20_000) {
  const address = `:${port.toString(16).toUpperCase().padStart(4, "0")} `;
  const isListening = () =>
    ["/proc/net/tcp", "/proc/net/tcp6"].some((path) =>
      readFileSync(path, "utf8")
        .split("\n")
        .some((line) => line.split(/\s+/)[2]?.concat(" ").endsWith(address) && / 0A /.test(line)),
    );
  const deadline = performance.now() + timeoutMs;
  while (!isListening()) {
    if (hasEnded()) throw new Error("the receiver ended before it listened");
    if (performance.now() > deadline) throw new Error(`the receiver does not listen on port ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
