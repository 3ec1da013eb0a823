import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:tls";
import { afterAll, describe, expect, it } from "vitest";
import { Peer } from "../serve/serve-kit.js";
import { type Running, startCli } from "./run-cli.js";

const folder = mkdtempSync(join(tmpdir(), "nalive-again-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const camera = "test:?size=64x64&fps=10";

/**
 * Starts `nalive serve` with a file.
 * @returns the process, its address, and a way to change the file
 */
async function served(yaml: string) {
  const path = join(folder, `${Date.now()}.yaml`);
  const write = (text: string) => writeFileSync(path, text);
  write(yaml);
  const server = startCli(["serve", "--config", path, "--port", "0"], { cwd: folder });
  const [, url] = await server.says(/serving at (\S+)/);
  const reload = async (text: string, answer: RegExp) => {
    const before = server.stderr.length;
    write(text);
    server.child.kill("SIGHUP");
    while (!answer.test(server.stderr.slice(before))) await sleep(20);
  };
  return { server, url: url!, reload };
}

const watch = (url: string, name: string, query = "") =>
  new Peer(`${url.replace("http", "ws")}/streams/${name}/ws${query}`);

describe("SIGHUP to nalive serve", () => {
  it("changes what the file changes, and cuts nobody else", async () => {
    const { url, reload } = await served(`sources: {door: "${camera}", yard: "${camera}"}`);
    const [door, yard] = [await watch(url, "door").open(), await watch(url, "yard").open()];
    await door.until(() => door.binaries.length > 0);
    await reload(
      `{sources: {door: "${camera}", roof: "${camera}"}, view: {token: view-secret}}`,
      /goes on with .*yaml/,
    );
    await yard.until(() => yard.closed);
    expect(yard.texts.at(-1)).toContain("no longer has the source yard");
    const pictures = door.binaries.length;
    await door.until(() => door.binaries.length > pictures + 5);
    expect(door.closed).toBeUndefined();
    const stranger = watch(url, "door");
    await stranger.until(() => stranger.closed);
    expect(stranger.closed?.code).toBe(4401);
    const roof = await watch(url, "roof", "?token=view-secret").open();
    await roof.until(() => roof.binaries.length > 0);
  }, 30_000);

  it("keeps the viewers of a source whose address changes", async () => {
    const { url, reload } = await served(`sources: {door: "${camera}"}`);
    const door = await watch(url, "door").open();
    await door.until(() => door.binaries.length > 0);
    await reload('sources: {door: "test:?size=96x96&fps=10"}', /goes on with/);
    await door.until(() => door.texts.some((text) => text.includes('"width":96')));
    expect(door.closed).toBeUndefined();
  }, 30_000);

  it("changes nothing if the file has a fault, and names it", async () => {
    const { server, url, reload } = await served(`sources: {door: "${camera}"}`);
    await reload("sources: {door: nonsense://}\nlog: lots", /goes on as before: .*\n?.*yaml:\d/);
    const door = await watch(url, "door").open();
    await door.until(() => door.binaries.length > 0);
    expect(server.child.exitCode).toBeNull();
  }, 30_000);

  it("says which fields wait for a restart", async () => {
    const { server, reload } = await served("log: info");
    let log = "";
    server.child.stdout?.on("data", (data: Buffer) => (log += data));
    await reload("{log: warn, host: 0.0.0.0}", /goes on with/);
    while (!log.includes("Only a restart changes host")) await sleep(20);
  }, 30_000);
});

describe("tls: self-signed", () => {
  const fingerprintOf = async (server: Running) => {
    const [, port] = await server.says(/serving at https:\/\/[^:]+:(\d+)/);
    const socket = connect({ port: Number(port), host: "127.0.0.1", rejectUnauthorized: false });
    await new Promise((resolve) => socket.once("secureConnect", resolve));
    const { fingerprint256 } = socket.getPeerCertificate();
    socket.destroy();
    return fingerprint256;
  };

  it("has the same certificate after each start", async () => {
    const fingerprints = new Set<string>();
    for (let start = 0; start < 2; start++) {
      const env = { XDG_STATE_HOME: join(folder, "state") };
      const server = startCli(["serve", "--tls", "self-signed", "--port", "0"], { cwd: folder, env });
      fingerprints.add(await fingerprintOf(server));
      server.child.kill("SIGTERM");
      await server.ended;
    }
    expect(fingerprints.size).toBe(1);
  }, 30_000);
});
