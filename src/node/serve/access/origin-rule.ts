/** True if a page of this origin may use the server. */
export type OriginRule = (origin: string) => boolean;

/**
 * Lets in the allowed origins. `*` is all.
 *
 * A page opened from a file sends `null` or `file://`, as its browser and the kind of request have
 * it. Allowing either allows both, and so every other page whose origin is `null`: that of a
 * sandboxed frame.
 */
export function originRule(allowed: readonly string[]): OriginRule {
  const origins = new Set(allowed.map(named));
  return (origin) => origins.has("*") || origins.has(named(origin));
}

const named = (origin: string) => (origin === "file://" ? "null" : origin);
