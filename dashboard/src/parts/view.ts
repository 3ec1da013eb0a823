/** What the page shows below its header: the wall, one stream, or the recordings. */
export interface View {
  readonly element: HTMLElement;
  /** Where the view is, for the page's head and title; empty for the wall. */
  readonly place: string;
  /** Called once the element is in the page. */
  start(): void;
  /** Releases everything that the view holds. */
  close(): void;
}
