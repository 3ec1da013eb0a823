// A bare WebSocket broadcast: every message of a publisher goes to all viewers of its name.
// Arguments: PORT
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

/** @type {Map<string, Set<import("ws").WebSocket>>} */
const viewers = new Map();
const http = createServer();
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
http.on("connection", (socket) => socket.setNoDelay(true));
http.on("upgrade", (request, socket, head) => {
  sockets.handleUpgrade(request, socket, head, (ws) => {
    const [, publish] = /^\/publish\/(.+)$/.exec(request.url ?? "") ?? [];
    const [, watch] = /^\/streams\/(.+)\/ws$/.exec(request.url ?? "") ?? [];
    const name = publish ?? watch ?? "";
    const all = viewers.get(name) ?? new Set();
    viewers.set(name, all);
    if (watch) {
      all.add(ws);
      ws.on("close", () => all.delete(ws));
    } else {
      ws.on("message", (message) => {
        for (const viewer of all) viewer.send(message);
      });
    }
  });
});
http.listen(Number(process.argv[2]), "127.0.0.1");
