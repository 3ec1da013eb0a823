import { createHash, timingSafeEqual } from "node:crypto";

/** What a client may do with a stream. `manage`: start, stop and delete recordings. */
export type Action = "publish" | "view" | "manage";

/** Decides who may do what with which stream. `credential` is the token shown, if any. */
export type Authorize = (action: Action, stream: string, credential: string | undefined) => boolean;

/**
 * Decides by two tokens. The publishing token allows every action, the viewing token allows
 * watching. Without a publishing token everybody may publish and manage; without a viewing token
 * everybody may watch.
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

/** Takes the same time however much of the token is right. */
function equal(shown: string | undefined, token: string): boolean {
  if (shown === undefined) return false;
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(shown), digest(token));
}
