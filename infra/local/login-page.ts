import { createHash } from 'node:crypto';
import type { GatewayPage } from './gateway-page.ts';

/** Both colour schemes, any width; the fonts of the reader's machine, Chinese among them. */
const STYLE = `
:root { color-scheme: light dark; --ink: #1f2a30; --paper: #f4f6f5; --card: #fff; --line: #b9c4c1; --accent: #1d5c4d; --on-accent: #fff; --bad: #a3261b; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6ecea; --paper: #141a19; --card: #1e2625; --line: #4a5855; --accent: #6fc3ab; --on-accent: #10201b; --bad: #ff9d92; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, "PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; }
main { width: 100%; max-width: 24rem; padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: 0.5rem; }
h1 { margin: 0; font-size: 1.5rem; line-height: 1.2; }
p { margin: 0.25rem 0 1.5rem; overflow-wrap: anywhere; }
label { display: block; margin-bottom: 1rem; font-weight: 600; }
input { display: block; width: 100%; margin-top: 0.25rem; padding: 0.6rem 0.75rem; font: inherit; color: inherit; background: transparent;
  border: 1px solid var(--line); border-radius: 0.25rem; }
input:focus-visible, button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
button { width: 100%; padding: 0.7rem; font: inherit; font-weight: 600; color: var(--on-accent); background: var(--accent); border: 0;
  border-radius: 0.25rem; cursor: pointer; }
.refusal { margin: 0 0 1rem; color: var(--bad); }
`;

/** Nothing is loaded or run. Forms may end at an application on this machine, where sign-ins return to. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "form-action 'self' http://localhost:* http://127.0.0.1:*",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

export interface LoginForm {
  /** The request to authorize, sent back with the form and checked again. */
  readonly request: Readonly<Record<string, string>>;
  readonly returnsTo: string;
  readonly username: string;
  readonly refusal: string | null;
}

/** The login page of one machine. In AWS there is Cognito's. */
export function loginPage({ request, returnsTo, username, refusal }: LoginForm): GatewayPage {
  const hidden = Object.entries(request).map(
    ([name, value]) => `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`,
  );
  return htmlPage(
    refusal === null ? 200 : 401,
    '登录 Sign in',
    `<h1>村信 Cunxin</h1>
<p>登录后返回 Sign in, then back to ${escaped(returnsTo)}</p>
<form method="post" action="/oauth2/authorize">
${hidden.join('\n')}
${refusal === null ? '' : `<p class="refusal" role="alert">${escaped(refusal)}</p>`}
<label>用户名 User name<input name="username" value="${escaped(username)}" autocomplete="username" autocapitalize="none" spellcheck="false" required${username === '' ? ' autofocus' : ''}></label>
<label>密码 Password<input name="password" type="password" autocomplete="current-password" required${username === '' ? '' : ' autofocus'}></label>
<button>登录 Sign in</button>
</form>`,
  );
}

/** A request that names no application to go back to is answered here. */
export function refusalPage(what: string): GatewayPage {
  return htmlPage(
    400,
    '无法登录 Cannot sign in',
    `<h1>无法登录 Cannot sign in</h1>\n<p class="refusal">${escaped(what)}</p>`,
  );
}

function htmlPage(status: number, title: string, content: string): GatewayPage {
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': CONTENT_SECURITY_POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    },
    body: `<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Cunxin</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
${content}
</main>
</body>
</html>
`,
  };
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escaped = (text: string) => text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');
