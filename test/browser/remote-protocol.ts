import { once } from "node:events";
import { WebSocket } from "ws";

/**
 * Asks a browser over a WebSocket, as the DevTools protocol and WebDriver BiDi both do it: by
 * number, method and parameters.
 */
export class RemoteProtocol {
  readonly #ws: WebSocket;
  readonly #answers = new Map<number, (answer: { result?: unknown }) => void>();
  #asked = 0;

  private constructor(ws: WebSocket) {
    this.#ws = ws;
    ws.on("message", (data) => {
      const answer = JSON.parse(data.toString());
      this.#answers.get(answer.id)?.(answer);
      this.#answers.delete(answer.id);
    });
  }

  static async connect(url: string): Promise<RemoteProtocol> {
    const ws = new WebSocket(url);
    await once(ws, "open");
    return new RemoteProtocol(ws);
  }

  ask<T>(method: string, params: Record<string, unknown> = {}): Promise<T> {
    const id = ++this.#asked;
    this.#ws.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) =>
      this.#answers.set(id, (answer) => {
        if (answer.result === undefined) reject(new Error(`${method}: ${JSON.stringify(answer)}`));
        else resolve(answer.result as T);
      }),
    );
  }

  close(): void {
    this.#ws.close();
  }
}
