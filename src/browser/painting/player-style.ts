const style = `
:host { display: block; position: relative; background: #000; color: #fff; overflow: hidden; aspect-ratio: 16 / 9;
  font: 14px/20px system-ui, sans-serif; }
:host([hidden]) { display: none; }
:host(:focus-visible) { outline: none; }
:host(:focus-visible)::after { content: ""; position: absolute; inset: 0; pointer-events: none;
  box-shadow: inset 0 0 0 2px #4c9ffe, inset 0 0 0 3px #000; }
[part=picture] { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; display: block; }
[part=status] { position: absolute; left: 8px; bottom: 8px; max-width: calc(100% - 16px); box-sizing: border-box; margin: 0;
  padding: 4px 8px; border-radius: 4px; background: rgb(0 0 0 / 0.7); overflow-wrap: anywhere; }
[part=status]:empty { display: none; }
`;

const sheets = new WeakMap<Document, CSSStyleSheet>();

/**
 * The style of the players in a document. A `<style>` element would be refused on pages whose
 * Content-Security-Policy allows no inline style.
 */
export function styleSheetFor(document: Document): CSSStyleSheet {
  const known = sheets.get(document);
  if (known) return known;
  // A shadow root takes only sheets that its own document has made.
  const { CSSStyleSheet } = document.defaultView!;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(style);
  sheets.set(document, sheet);
  return sheet;
}
