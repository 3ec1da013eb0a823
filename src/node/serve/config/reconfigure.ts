import type { ServeConfig } from "./serve-config.js";

/** Fields that a running server cannot change. */
const fixed = ["host", "port"] as const;

/**
 * Takes the fields of another configuration over into the one that the parts of a running server
 * read. They read each field when they need it.
 *
 * @returns names of the fields that differ and only a restart changes
 */
export function reconfigure(config: ServeConfig, next: ServeConfig): string[] {
  const different = fixed.filter((field) => config[field] !== next[field]);
  const kept = { host: config.host, port: config.port };
  const { publish, view, recording, bounds } = config;
  Object.assign(config, next, kept);
  // Parts may hold on to a section, so the sections stay the same objects.
  config.publish = replace(publish, next.publish);
  config.view = replace(view, next.view);
  config.recording = replace(recording, next.recording);
  config.bounds = replace(bounds, next.bounds);
  return different;
}

/** Makes `target` equal to `source`, also where a field has gone. */
function replace<T extends object>(target: T, source: T): T {
  for (const key of Object.keys(target)) if (!(key in source)) delete target[key as keyof T];
  return Object.assign(target, source);
}
