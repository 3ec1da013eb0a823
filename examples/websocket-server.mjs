// A WebSocket server of your own, with a decoder for each camera that connects.
import { LiveDecoder, NaliveError } from "nalive";
import { WebSocketServer } from "ws";

const server = new WebSocketServer({ port: Number(process.argv[2] ?? 8080) });
server.on("listening", () => console.log("listening on", server.address()));
server.on("connection", async (socket) => {
  const decoder = new LiveDecoder({ format: "rgb24" });
  socket.on("message", (message) => decoder.writeMessage(message));
  socket.on("close", () => decoder.end());
  try {
    for await (const frame of decoder) {
      console.log(frame.provenance.sequence, frame.width, frame.height);
    }
  } catch (error) {
    if (error instanceof NaliveError)
      socket.close(1008, error.code); // It sent no H.264.
    else throw error;
  }
});
