/** Figures for people. The unit is always present, so that nothing jumps. */

/** A delay: `7.4 ms`, `140 ms`; unknown: `– ms`. */
export function milliseconds(value: number | undefined): string {
  if (value === undefined) return "– ms";
  return `${value < 99.95 ? value.toFixed(1) : Math.round(value)} ms`;
}

/** `4.2 Mbit/s`. */
export function bitRate(bitsPerSecond: number): string {
  if (bitsPerSecond >= 1e6) return `${(bitsPerSecond / 1e6).toFixed(1)} Mbit/s`;
  return `${Math.round(bitsPerSecond / 1e3)} kbit/s`;
}

/** `12.3 kB`. */
export function byteSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${(bytes / 1e9).toFixed(2)} GB`;
}

/** `3 s`, `4 min`, `2 h 5 min`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `1 viewer`, `2 viewers`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** `12:03:07`. */
export function clockTime(date: Date): string {
  return date.toLocaleTimeString("en-GB");
}
