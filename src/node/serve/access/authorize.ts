import { createHash, timingSafeEqual } from "node:crypto";

/** What somebody wants to do with a stream: `manage` is to start, stop and delete recordings. */
export type Action = "publish" | "view" | "manage";

/** Who may do what to which stream: the one place where that is decided. `credential` is the token shown, if any. */
export type Authorize = (action: Action, stream: string, credential: string | undefined) => boolean;

/**
 * Two tokens: who has the one for publishing may publish, watch and manage; who has the one for viewing may watch. An action
 * without a token is open to all, managing being as open as publishing.
 */
export function tokenAuthorize(tokens: {
  readonly publish: string | undefined;
  readonly view: string | undefined;
}): Authorize {
  return (action, _stream, credential) => {
    const isPublisher = tokens.publish !== undefined && equal(credential, tokens.publish);
    if (action !== "view") return tokens.publish === undefined || isPublisher;
    return tokens.view === undefined || isPublisher || equal(credential, tokens.view);
  };
}

/** In a time that does not tell how much of it is right. */
function equal(shown: string | undefined, token: string): boolean {
  if (shown === undefined) return false;
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(shown), digest(token));
}
