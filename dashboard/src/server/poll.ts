import { ServerRefusal } from "./api.js";

/** The outcome of a request. */
export type Answer<T> =
  | { readonly type: "answered"; readonly value: T }
  | { readonly type: "refused"; readonly status: number; readonly reason: string }
  | { readonly type: "unreachable" };

/**
 * Repeats a request `pauseMs` after each answer, while the page is visible.
 * @returns stops it
 */
export function poll<T>(
  request: () => Promise<T>,
  tell: (answer: Answer<T>) => void,
  pauseMs = 1000,
): () => void {
  let isStopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const run = async () => {
    const answer = document.hidden ? undefined : await request().then(answered<T>, failed);
    if (isStopped) return;
    if (answer) tell(answer);
    timer = setTimeout(run, pauseMs);
  };
  void run();
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}

const answered = <T>(value: T): Answer<T> => ({ type: "answered", value });

function failed(error: unknown): Answer<never> {
  if (error instanceof ServerRefusal) return { type: "refused", status: error.status, reason: error.message };
  return { type: "unreachable" };
}
