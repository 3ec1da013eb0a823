import { existsSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { type Command, InvalidArgumentError, Option } from "commander";
import { isLoopback } from "../../node/serve/access/host-rule.js";
import { completeConfig, readConfigFile } from "../../node/serve/config/read-config.js";
import { logLevels, type ServeConfig, type ServeConfigInput } from "../../node/serve/config/serve-config.js";
import { tlsCredentials } from "../../node/serve/config/tls.js";
import type { ServerProcess } from "../../node/serve/server.js";
import { onReloadSignal } from "../reload-signal.js";
import { runServerProcess, untilStopped } from "../server-process.js";
import { Terminal } from "../terminal.js";

/** The configuration file, if it exists and `--config` names no other. */
const usualConfig = "nalive.yaml";

const defaults = completeConfig({});

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
  readonly trustProxy: readonly string[];
  readonly tls?: NonNullable<ServeConfigInput["tls"]>;
  readonly recordings?: string;
  readonly record: readonly string[];
  readonly bound: Readonly<Record<string, string>>;
  readonly log?: ServeConfig["log"];
}

/** `nalive serve`: a server for many publishers and viewers. */
export function addServeCommand(program: Command): void {
  program
    .command("serve")
    .summary("serve live streams to browsers")
    .description("Serve live streams: cameras publish raw H.264, and people watch in their browsers.")
    .addOption(
      repeated("--source <NAME=URL>", "fetch this stream from a source", nameAndValue("NAME=URL"), {}),
    )
    .option("--config <file>", `configuration file (default: ${usualConfig}, if it exists)`)
    .option("--check", "check the configuration and exit")
    .option("--host <address>", `address to listen on (default ${defaults.host}: this machine only)`)
    .option("--port <n>", `port to listen on (default ${defaults.port}; 0: any free port)`, portNumber)
    .addOption(
      new Option("--publish-token <token>", "token that publishers must show").env("NALIVE_PUBLISH_TOKEN"),
    )
    .addOption(new Option("--view-token <token>", "token that viewers must show").env("NALIVE_VIEW_TOKEN"))
    .option("--takeover", "let a second publisher of a name replace the first")
    .addOption(repeated("--allow-origin <origin>", "let pages of this origin use the server", append, []))
    .addOption(repeated("--allow-host <name>", "answer to this host name, besides localhost", append, []))
    .addOption(
      repeated("--trust-proxy <address>", "believe this reverse proxy about its clients", append, []),
    )
    .option("--tls <CERT,KEY>", "serve https with these PEM files, or with: self-signed", tlsFiles)
    .option("--recordings <folder>", `folder for recordings (default: ${defaults.recording.folder})`)
    .addOption(repeated("--record <name>", "record this stream whenever somebody publishes it", append, []))
    .addOption(
      repeated(
        "--bound <NAME=VALUE>",
        "set a bound by its name in the configuration",
        nameAndValue("NAME=VALUE"),
        {},
      ),
    )
    .addOption(new Option("--log <level>", `what to log (default: ${defaults.log})`).choices(logLevels))
    .addHelpText("after", examples)
    .action(serve);
}

const examples = `
Examples:
  # Start, publish, and watch at http://127.0.0.1:8264
  nalive serve
  ffmpeg … -c:v libx264 -tune zerolatency -f h264 http://127.0.0.1:8264/publish/cam

  # Fetch a camera, for everybody in the network
  nalive serve --host 0.0.0.0 --source door=tcp://192.168.1.20:5000

  # Check a configuration
  nalive serve --config nalive.yaml --check`;

/** The configuration of file and command line, and the path of the file. */
function configOf(given: ServeArguments): { config: ServeConfig; path: string | undefined } {
  const path = given.config ?? (existsSync(usualConfig) ? usualConfig : undefined);
  // The file is correct by itself, so whatever is wrong now was given on the command line.
  const input = merge(path === undefined ? {} : readConfigFile(path), given);
  return { config: completeConfig(input, optionOf), path };
}

async function serve(given: ServeArguments): Promise<void> {
  const { config, path } = configOf(given);
  const terminal = new Terminal(false);
  if (given.check) {
    tlsCredentials(config);
    const sources = Object.keys(config.sources).length;
    terminal.line(
      `nalive: ${path ?? "the configuration"} is valid: ${sources} source${sources === 1 ? "" : "s"}`,
    );
    return;
  }
  let started: ServerProcess | undefined;
  const reload = async () => {
    try {
      const changed = configOf(given);
      await started?.reconfigure(changed.config);
      terminal.line(`nalive: goes on with ${changed.path ?? "the options of the command line"}`);
    } catch (error) {
      terminal.line(`nalive: goes on as before: ${(error as Error).message}`);
    }
  };
  // Before the server starts: until then the signal would end the process.
  const end = onReloadSignal(
    () => void reload(),
    () => process.kill(process.pid, "SIGTERM"),
  );
  started = await runServerProcess(config);
  const { server } = started;
  terminal.line(`nalive: serving at ${server.url}`);
  terminal.line(`nalive: publish to ${server.url}/publish/NAME`);
  for (const line of aboutNetwork(config, server.url)) terminal.line(`nalive: ${line}`);
  await untilStopped(server);
  end();
}

/** Where others in the network reach the server, and what they may do without a token. */
function aboutNetwork({ host, publish, view }: ServeConfig, url: string): string[] {
  if (isLoopback(host)) return [];
  const here = new URL(url);
  const others = here.hostname === "localhost" ? ownAddresses() : [];
  const found = others.map(
    (address) => `others in the network reach it at ${here.protocol}//${address}:${here.port}`,
  );
  const missing = [...(view.token ? [] : ["--view-token"]), ...(publish.token ? [] : ["--publish-token"])];
  const open = [...(view.token ? [] : ["watch"]), ...(publish.token ? [] : ["publish and record"])];
  if (open.length === 0) return found;
  return [
    ...found,
    `anybody who reaches it may ${open.join(", ")}: set ${missing.join(" and ")} to prevent that`,
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

/** The option that sets a field of the configuration. */
function optionOf([section, key]: readonly PropertyKey[], name: string): string {
  switch (section) {
    case "sources":
      return `--source ${String(key)}`;
    case "bounds":
      return `--bound ${String(key)}`;
    case "allowedOrigins":
      return "--allow-origin";
    case "allowedHosts":
      return "--allow-host";
    case "trustedProxies":
      return "--trust-proxy";
    case "publish":
    case "view":
      return `--${section}-token`;
    case "recording":
      return key === "always" ? "--record" : "--recordings";
    default:
      return `--${name}`;
  }
}

/** Lays the options of the command line over the fields of the file. */
function merge(file: ServeConfigInput, given: ServeArguments): ServeConfigInput {
  const bounds = Object.fromEntries(
    // The check of the configuration refuses what is no number, by its name.
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
    trustedProxies: [...(file.trustedProxies ?? []), ...given.trustProxy],
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

/** An option that may be repeated. */
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

/** @param form of the value, for messages */
function nameAndValue(form: string) {
  return (text: string, before: Readonly<Record<string, string>>): Record<string, string> => {
    const at = text.indexOf("=");
    if (at < 1) throw new InvalidArgumentError(`Expected ${form}.`);
    const name = text.slice(0, at);
    if (Object.hasOwn(before, name)) throw new InvalidArgumentError(`${name} stands here a second time.`);
    return { ...before, [name]: text.slice(at + 1) };
  };
}

/** Parses the value of an option as a port. */
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
