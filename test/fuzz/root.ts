/**
 * The project's folder, whether this file stands in it as source or was compiled into
 * `out/fuzz/built`.
 */
export const root = new URL(
  import.meta.url.includes("/out/fuzz/built/") ? "../../../../../" : "../../",
  import.meta.url,
);
