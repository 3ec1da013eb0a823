import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { makeClip } from "../source/kit/clip.js";
import { localhostCertificate } from "../support/localhost-certificate.js";
import { startCli } from "./run-cli.js";

const folder = mkdtempSync(join(tmpdir(), "nalive-wss-"));
const certificatePath = join(folder, "cert.pem");
const server = createServer(localhostCertificate);
let url: string;

beforeAll(async () => {
  writeFileSync(certificatePath, localhostCertificate.cert);
  const clip = await makeClip("size=128x96&frames=10");
  new WebSocketServer({ server }).on("connection", (socket) => {
    for (const unit of clip) socket.send(unit);
    socket.close();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `wss://localhost:${(server.address() as { port: number }).port}/camera`;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

describe("wss:// decodes what a server with a certificate sends", () => {
  const decode = (env: NodeJS.ProcessEnv) =>
    startCli(["decode", url, "--format", "gray8", "--every-frame", "--no-reconnect"], { env }).ended;

  it("when its certificate is trusted", async () => {
    const { code, stdout, stderr } = await decode({ NODE_EXTRA_CA_CERTS: certificatePath });
    expect(code, stderr).toBe(0);
    expect(stdout).toHaveLength(10 * 128 * 96);
  });

  it("and says how to trust it when it is not", async () => {
    const { code, stderr } = await decode({});
    expect(code).toBe(1);
    expect(stderr).toContain("certificate of localhost is not trusted (self-signed certificate)");
    expect(stderr).toContain("NODE_EXTRA_CA_CERTS");
  });
});
