import { token } from "./token.js";

/** The address of a stream's page; what programs read is below it. */
export const streamPath = (name: string) => `/streams/${encodeURIComponent(name)}`;

/** The address as a program outside this page needs it: complete, with the token. */
export function absolute(path: string): string {
  return new URL(withToken(path), location.origin).href;
}

/** The address with the token, for players, images and downloads, which cannot send a header. */
export function withToken(path: string): string {
  const shown = token();
  return shown === undefined ? path : `${path}?token=${encodeURIComponent(shown)}`;
}
