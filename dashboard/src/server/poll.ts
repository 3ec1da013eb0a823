import { ServerRefusal } from "./api.js";

/** What became of the last question. */
export type Answer<T> =
  | { readonly type: "here"; readonly value: T }
  | { readonly type: "refused"; readonly status: number; readonly reason: string }
  | { readonly type: "unreachable" };

/** Asks again and again, a second after each answer, while the page can be seen. @returns stops it */
export function poll<T>(question: () => Promise<T>, tell: (answer: Answer<T>) => void): () => void {
  let isStopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const run = async () => {
    const answer = document.hidden ? undefined : await question().then(here<T>, failed);
    if (isStopped) return;
    if (answer) tell(answer);
    timer = setTimeout(run, 1000);
  };
  void run();
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}

const here = <T>(value: T): Answer<T> => ({ type: "here", value });

function failed(error: unknown): Answer<never> {
  if (error instanceof ServerRefusal) return { type: "refused", status: error.status, reason: error.message };
  return { type: "unreachable" };
}
