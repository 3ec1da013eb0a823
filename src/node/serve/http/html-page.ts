/** A page without scripts, in the dashboard's colours. */
export function htmlPage(title: string, style: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
${body}
</html>
`;
}

/** The look of pages with a few lines of text. */
export const textStyle = `:root { color-scheme: dark light }
body { font: 15px/24px system-ui, sans-serif; margin: 0; background: #0b0c0e; color: #eceef1 }
main { max-width: 560px; margin: 64px auto; padding: 0 16px; overflow-wrap: anywhere }
h1 { font-size: 15px; margin: 0 }
p { margin: 0 0 16px; color: #9aa1ac }
a { color: inherit }
form { display: flex; gap: 8px }
input, button { font: inherit; color: inherit; background: #14161a; border: 1px solid #262a31; border-radius: 6px; padding: 4px 12px; min-width: 0 }
input { flex: 1; border-color: #9aa1ac }
:focus-visible { outline: 2px solid #5ad1a4; outline-offset: 2px }
@media (prefers-color-scheme: light) {
  body { background: #f6f7f8; color: #14171b }
  p { color: #57606c }
  input, button { background: #fff; border-color: #dde1e6 }
  input { border-color: #57606c }
  :focus-visible { outline-color: #0a7a55 }
}`;

/** Text for HTML, also in an attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * The address of the place where the server is mounted, relative to a page at this path: `./` for
 * `/`, `../` for `/watch/cam`. A proxy may have taken a part off the front of the path.
 */
export function mountFrom(path: string): string {
  return "../".repeat(path.split("/").length - 2) || "./";
}
