/** A worker's code within the bundle, as Vite puts it there: one file is all that a page loads. */
declare module "*?worker&inline" {
  const InlineWorker: new () => Worker;
  export default InlineWorker;
}
