/** What the page shows below its header: the wall, or one stream. */
export interface View {
  readonly element: HTMLElement;
  /** Title of the document. */
  readonly title: string;
  /** Called once the element is in the page. */
  start(): void;
  /** Releases everything that the view holds. */
  close(): void;
}
