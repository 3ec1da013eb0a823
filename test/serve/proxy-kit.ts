import { mkdirSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunningServer } from "../../dist/node/serve/server.js";
import { freePort, run, temporary } from "./serve-kit.js";

/** A real proxy in front of a server, killed after the test. */
export interface Proxy {
  readonly port: number;
}

/**
 * nginx.
 * @param mount the path below which it has the server, such as `/cams/`
 * @param more lines of the location
 * @param upgrade its lines for WebSockets, by default those of nginx's manual
 */
export async function nginx(
  server: RunningServer,
  mount: string,
  more = "",
  upgrade = "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;",
): Promise<Proxy> {
  const port = await freePort();
  const folder = temporary(`nginx-${port}`);
  mkdirSync(folder, { recursive: true });
  const temporaries = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `${kind}_temp_path ${folder}/${kind};`)
    .join("\n  ");
  const path = `${folder}/nginx.conf`;
  writeFileSync(
    path,
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr;
events {}
http {
  access_log off;
  ${temporaries}
  map $http_upgrade $connection_upgrade { default upgrade; "" close; }
  server {
    listen 127.0.0.1:${port};
    location ${mount} {
      proxy_pass ${server.url}/;
      proxy_http_version 1.1;
      ${upgrade}
      proxy_buffering off;
      ${more}
    }
  }
}
`,
  );
  return started(run("nginx", ["-e", "stderr", "-c", path]), port);
}

/** Caddy with what a user writes: `reverse_proxy`, and `handle_path` for a mount below `/`. */
export async function caddy(server: RunningServer, mount: string): Promise<Proxy> {
  const port = await freePort();
  const folder = temporary(`caddy-${port}`);
  mkdirSync(folder, { recursive: true });
  const path = `${folder}/Caddyfile`;
  const forward = `reverse_proxy ${new URL(server.url).host}`;
  const site = mount === "/" ? forward : `handle_path ${mount}* {\n    ${forward}\n  }`;
  writeFileSync(
    path,
    `{
  admin off
  auto_https off
  storage file_system ${folder}
}
:${port} {
  bind 127.0.0.1
  ${site}
}
`,
  );
  return started(run("caddy", ["run", "--adapter", "caddyfile", "--config", path]), port);
}

async function started({ child, done }: ReturnType<typeof run>, port: number): Promise<Proxy> {
  for (;;) {
    const isUp = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
    if (isUp) return { port };
    if (child.exitCode !== null) throw new Error(`The proxy did not start: ${(await done).errors}`);
    await sleep(50);
  }
}
