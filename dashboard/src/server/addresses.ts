import { token } from "./token.js";

/**
 * The path of an address below the place where the server is mounted: `/` by itself, perhaps
 * `/cams/` behind a proxy. The page's `<base>` names that place.
 */
export function at(path: string): string {
  return new URL(path, document.baseURI).pathname;
}

/** The part of a path below that place; undefined if it is elsewhere. */
export function below(pathname: string): string | undefined {
  const mount = at(".");
  return pathname.startsWith(mount) ? pathname.slice(mount.length) : undefined;
}

/** The address of a stream's page; what programs read is below it. */
export const streamPath = (name: string) => at(`streams/${encodeURIComponent(name)}`);

/** The address of a page with nothing but the player. */
export const watchPath = (name: string) => at(`watch/${encodeURIComponent(name)}`);

/** The address as a program outside this page needs it: complete, with the token. */
export function absolute(path: string): string {
  return new URL(withToken(path), location.origin).href;
}

/** The address with the token, for players, images and downloads, which cannot send a header. */
export function withToken(path: string): string {
  const shown = token();
  return shown === undefined ? path : `${path}?token=${encodeURIComponent(shown)}`;
}
