/** What the page shows below its head: the wall, or one stream. */
export interface View {
  readonly element: HTMLElement;
  /** Of the document. */
  readonly title: string;
  /** Called once it is in the page. */
  start(): void;
  /** Gives everything back. */
  close(): void;
}
