const signals = ["SIGINT", "SIGTERM"] as const;

/**
 * Calls `stop` when the person or the system asks the process to end. A second time, whichever way,
 * ends the process at once.
 */
export function onStopSignal(stop: () => void): void {
  const first = () => {
    for (const signal of signals) process.off(signal, first);
    stop();
  };
  for (const signal of signals) process.on(signal, first);
}
