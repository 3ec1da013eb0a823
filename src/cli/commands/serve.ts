import { existsSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { type Command, InvalidArgumentError, Option } from "commander";
import { isLoopback } from "../../node/serve/access/host-rule.js";
import { completeConfig, readConfigFile } from "../../node/serve/config/read-config.js";
import type { ServeConfig, ServeConfigInput } from "../../node/serve/config/serve-config.js";
import { tlsCredentials } from "../../node/serve/config/tls.js";
import { startServerProcess, untilStopped } from "../server-process.js";
import { Terminal } from "../terminal.js";

/** Read when it is there and no other is named. */
const usualConfig = "nalive.yaml";

interface ServeArguments {
  readonly source: Readonly<Record<string, string>>;
  readonly config?: string;
  readonly check?: true;
  readonly host?: string;
  readonly port?: number;
  readonly publishToken?: string;
  readonly viewToken?: string;
  readonly takeover?: true;
  readonly allowOrigin: readonly string[];
  readonly allowHost: readonly string[];
  readonly tls?: NonNullable<ServeConfigInput["tls"]>;
  readonly recordings?: string;
  readonly record: readonly string[];
  readonly bound: Readonly<Record<string, string>>;
  readonly log?: ServeConfig["log"];
}

/** `nalive serve`: many senders, any number of viewers. */
export function addServeCommand(program: Command): void {
  program
    .command("serve")
    .description("let cameras publish raw H.264, and people watch it in their browsers")
    .addOption(repeated("--source <NAME=URL>", "a stream that the server fetches", nameAndValue, {}))
    .option("--config <file>", `a configuration file (default: ${usualConfig}, if there is one)`)
    .option("--check", "check the configuration and end")
    .option("--host <address>", "listen on this address (default 127.0.0.1: this machine alone)")
    .option("--port <n>", "listen on this port (default 8264; 0: any free one)", portNumber)
    .addOption(new Option("--publish-token <token>", "publishers must show it").env("NALIVE_PUBLISH_TOKEN"))
    .addOption(new Option("--view-token <token>", "viewers must show it").env("NALIVE_VIEW_TOKEN"))
    .option("--takeover", "a second publisher of a name takes the place of the first")
    .addOption(repeated("--allow-origin <origin>", "pages of this origin may use the server", append, []))
    .addOption(
      repeated(
        "--allow-host <name>",
        "a name by which the server may be asked, besides localhost",
        append,
        [],
      ),
    )
    .option("--tls <CERT,KEY>", "serve https with these PEM files, or with: self-signed", tlsFiles)
    .option("--recordings <folder>", "where recordings go (default: recordings)")
    .addOption(repeated("--record <name>", "record this stream whenever somebody publishes it", append, []))
    .addOption(repeated("--bound <NAME=VALUE>", "a bound by its name in the configuration", nameAndValue, {}))
    .addOption(
      new Option("--log <level>", "how much is logged (default info)").choices([
        "silent",
        "error",
        "warn",
        "info",
        "debug",
      ]),
    )
    .addHelpText("after", examples)
    .action(serve);
}

const examples = `
Examples:
  # Then publish, and watch at http://127.0.0.1:8264
  nalive serve
  ffmpeg … -c:v libx264 -tune zerolatency -f h264 http://127.0.0.1:8264/publish/cam

  # A camera that the server connects to, for everybody in the network
  nalive serve --host 0.0.0.0 --source door=tcp://192.168.1.20:5000

  # What is wrong with the configuration?
  nalive serve --config nalive.yaml --check`;

async function serve(given: ServeArguments): Promise<void> {
  const path = given.config ?? (existsSync(usualConfig) ? usualConfig : undefined);
  const config = completeConfig(merge(path === undefined ? {} : readConfigFile(path), given));
  const terminal = new Terminal(false);
  if (given.check) {
    tlsCredentials(config);
    const sources = Object.keys(config.sources).length;
    terminal.line(
      `nalive: ${path ?? "the configuration"} is right: ${sources} source${sources === 1 ? "" : "s"}`,
    );
    return;
  }
  const server = await startServerProcess(config);
  terminal.line(`nalive: serving at ${server.url}`);
  terminal.line(`nalive: publish to ${server.url}/publish/NAME`);
  for (const line of aboutNetwork(config, server.url)) terminal.line(`nalive: ${line}`);
  await untilStopped(server);
}

/** Where others in the network find the server, and what they may do without a token. Nothing when it is for this machine alone. */
function aboutNetwork({ host, publish, view }: ServeConfig, url: string): string[] {
  if (isLoopback(host)) return [];
  const here = new URL(url);
  const others = here.hostname === "localhost" ? ownAddresses() : [];
  const found = others.map((address) => `in the network it is at ${here.protocol}//${address}:${here.port}`);
  const open = [...(view.token ? [] : ["watch"]), ...(publish.token ? [] : ["publish and record"])];
  if (open.length === 0) return found;
  return [
    ...found,
    `whoever reaches it may ${open.join(", ")}: it is not for this machine alone, and no token is asked for (--view-token, --publish-token)`,
  ];
}

/** IPv4 addresses of this machine in its networks. */
function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((each) =>
    (each ?? []).flatMap(({ family, internal, address }) =>
      family === "IPv4" && !internal ? [address] : [],
    ),
  );
}

/** What is said on the command line lies over what is in the file. */
function merge(file: ServeConfigInput, given: ServeArguments): ServeConfigInput {
  const bounds = Object.fromEntries(
    // What is no number stays what it is, to be refused by name.
    Object.entries(given.bound).map(([name, value]) => [name, Number.isNaN(+value) ? value : +value]),
  ) as Record<string, number>;
  const { host, port, tls, log } = given;
  return {
    ...file,
    ...withoutUndefined({ host, port, tls, log }),
    sources: { ...file.sources, ...given.source },
    publish: {
      ...file.publish,
      ...withoutUndefined({ token: given.publishToken, takeover: given.takeover }),
    },
    view: { ...file.view, ...withoutUndefined({ token: given.viewToken }) },
    allowedOrigins: [...(file.allowedOrigins ?? []), ...given.allowOrigin],
    allowedHosts: [...(file.allowedHosts ?? []), ...given.allowHost],
    recording: {
      ...file.recording,
      ...withoutUndefined({ folder: given.recordings }),
      always: [...(file.recording?.always ?? []), ...given.record],
    },
    bounds: { ...file.bounds, ...bounds },
  };
}

function withoutUndefined<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: NonNullable<T[K]> };
}

/** An option that may be given several times. */
function repeated<T>(
  flags: string,
  description: string,
  parse: (value: string, before: T) => T,
  start: T,
): Option {
  return new Option(flags, `${description}; may be repeated`).argParser(parse).default(start, "none");
}

function append(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

function nameAndValue(text: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("Expected NAME=VALUE.");
  const name = text.slice(0, at);
  if (Object.hasOwn(before, name)) throw new InvalidArgumentError(`${name} is given twice.`);
  return { ...before, [name]: text.slice(at + 1) };
}

/** An option's value as a port. */
export function portNumber(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new InvalidArgumentError("Expected a whole number from 0 to 65535.");
}

function tlsFiles(text: string): NonNullable<ServeConfigInput["tls"]> {
  if (text === "self-signed") return text;
  const [cert, key, ...more] = text.split(",");
  if (!cert || !key || more.length > 0) throw new InvalidArgumentError("Expected CERT,KEY or self-signed.");
  return { cert, key };
}
