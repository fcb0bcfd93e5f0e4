import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { GatewayPage } from './gateway-page.ts';

const require = createRequire(import.meta.url);
const SCRIPT_PATH = '/docs/redoc.standalone.js';

/** The page loads what this service itself gives, and nothing else: it is read where there is no internet too. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  // Redoc styles its elements as it draws them.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  // It searches in a worker made from its own text.
  'worker-src blob:',
  "frame-ancestors 'none'",
].join('; ');

/** Fonts of the reader's machine, Chinese among them; no request for any. */
const FONTS = 'system-ui, "PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif';
const CODE_FONTS = 'ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace';

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Cunxin API reference</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/docs/page.css">
</head>
<body>
<noscript>This page needs JavaScript. The document itself is <a href="/openapi.json">/openapi.json</a>.</noscript>
<main id="reference">Loading the reference…</main>
<script src="${SCRIPT_PATH}"></script>
<script src="/docs/page.js"></script>
</body>
</html>
`;

const STYLE = `body { margin: 0; font-family: ${FONTS}; color: #1f2a30; background: #fff; }
#reference:not(:has(div)) { padding: 2rem; }
`;

const SCRIPT = `Redoc.init('/openapi.json', ${JSON.stringify({
  disableGoogleFont: true,
  hideDownloadButtons: false,
  pathInMiddlePanel: true,
  requiredPropsFirst: true,
  sortTagsAlphabetically: false,
  theme: {
    colors: { primary: { main: '#1d5c4d' } },
    typography: {
      fontFamily: FONTS,
      headings: { fontFamily: FONTS },
      code: { fontFamily: CODE_FONTS },
    },
    rightPanel: { backgroundColor: '#20302f' },
  },
})}, document.getElementById('reference'));
`;

/** The reference at /docs: Redoc over /openapi.json, all of it served from here. */
export function referencePages(): ReadonlyMap<string, () => Promise<GatewayPage>> {
  const page = (contentType: string, body: string, headers: Readonly<Record<string, string>> = {}) => ({
    status: 200,
    headers: { 'content-type': contentType, 'x-content-type-options': 'nosniff', ...headers },
    body,
  });
  return new Map<string, () => Promise<GatewayPage>>([
    [
      '/docs',
      async () =>
        page('text/html; charset=utf-8', PAGE, { 'content-security-policy': CONTENT_SECURITY_POLICY }),
    ],
    ['/docs/page.css', async () => page('text/css; charset=utf-8', STYLE)],
    ['/docs/page.js', async () => page('text/javascript; charset=utf-8', SCRIPT)],
    [
      SCRIPT_PATH,
      async () =>
        page(
          'text/javascript; charset=utf-8',
          await readFile(require.resolve('redoc/bundles/redoc.standalone.js'), 'utf8'),
          { 'cache-control': 'max-age=3600' },
        ),
    ],
  ]);
}
