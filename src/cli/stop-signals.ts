const signals = ["SIGINT", "SIGTERM"] as const;

/** Calls `stop` on the first SIGINT or SIGTERM. A second one ends the process at once. */
export function onStopSignal(stop: () => void): void {
  const first = () => {
    for (const signal of signals) process.off(signal, first);
    stop();
  };
  for (const signal of signals) process.on(signal, first);
}
