import { spawn } from "node:child_process";
import { once } from "node:events";
import { freeTcpPort } from "../../shared/ports.mjs";
import { nalive } from "../figures/places.mjs";
import { waitUntilListening } from "./listening.mjs";

/** A Node program in its own process that listens on a TCP port. */
export class ServerProcess {
  port;
  #child;

  /**
   * @param {number} port
   * @param {string[]} args of node
   */
  constructor(port, args) {
    this.port = port;
    this.#child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
    this.#child.stderr.setEncoding("utf8").on("data", (text) => {
      // What `--inspect` prints.
      if (!/^(Debugger|For help)/.test(text)) process.stderr.write(text);
    });
  }

  /**
   * The caller stops it.
   *
   * @param {(port: number) => string[]} argsFor arguments of node, for a free port
   */
  static async start(argsFor) {
    const port = await freeTcpPort();
    const server = new ServerProcess(port, argsFor(port));
    await waitUntilListening(port, () => server.hasEnded);
    return server;
  }

  /**
   * Starts `nalive serve`. The caller stops it.
   *
   * @param {string[]} [options] of the command
   * @param {string[]} [nodeOptions]
   */
  static startNalive(options = [], nodeOptions = []) {
    return ServerProcess.start((port) => [...nodeOptions, nalive, "serve", "--port", `${port}`, ...options]);
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid() {
    if (this.#child.pid === undefined) throw new Error("The server could not be started");
    return this.#child.pid;
  }

  get hasEnded() {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async stop() {
    if (this.hasEnded) return;
    this.#child.kill();
    await once(this.#child, "exit");
  }
}
