// The bare thing: every message of a publisher goes to all viewers of its name. argv: port
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const viewers = new Map();
const http = createServer();
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
http.on("upgrade", (request, socket, head) => {
  socket.setNoDelay(true);
  sockets.handleUpgrade(request, socket, head, (ws) => {
    const [, publish] = /^\/publish\/(.+)$/.exec(request.url) ?? [];
    const [, watch] = /^\/streams\/(.+)\/ws$/.exec(request.url) ?? [];
    const name = publish ?? watch;
    if (!viewers.has(name)) viewers.set(name, new Set());
    const all = viewers.get(name);
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
