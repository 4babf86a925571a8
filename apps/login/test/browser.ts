/** An answer as a browser sees it. */
export interface Seen {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** A browser without script: keeps cookies of one host, follows nothing. */
export interface TestBrowser {
  readonly jar: Map<string, string>;
  get(path: string, headers?: Record<string, string>): Promise<Seen>;
  /** Presses the button of the form at this address: its word comes along, unless the fields have an `action`. */
  post(
    path: string,
    fields: Record<string, string> | readonly (readonly [string, string])[],
    headers?: Record<string, string>,
  ): Promise<Seen>;
  send(path: string, init: RequestInit): Promise<Seen>;
}

/** What the first button of the form at each address says. */
const BUTTONS: ReadonlyMap<string, string> = new Map([
  ['sign-in', 'sign-in'],
  ['account', 'choose-account'],
  ['consent', 'allow'],
  ['cancel', 'cancel'],
  ['sign-out', 'sign-out'],
]);

/** A browser for the site at `origin`. */
export function createBrowser(origin: string): TestBrowser {
  const jar = new Map<string, string>();
  const send = async (path: string, init: RequestInit): Promise<Seen> => {
    const headers = new Headers(init.headers);
    if (jar.size > 0) headers.set('cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await fetch(origin + path, { ...init, headers, redirect: 'manual' });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (cookie.includes('Max-Age=0')) jar.delete(name);
      else jar.set(name, value);
    }
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  return {
    jar,
    send,
    get: (path, headers = {}) => send(path, { headers }),
    post(path, fields, headers = {}) {
      const pairs = Array.isArray(fields) ? fields : Object.entries(fields);
      const body = new URLSearchParams(pairs.map(([name, value]) => [name, value]));
      const word = BUTTONS.get(path.slice(path.lastIndexOf('/') + 1));
      if (word !== undefined && !body.has('action')) body.set('action', word);
      return send(path, { method: 'POST', headers, body });
    },
  };
}

/** The text of a page's markup with its entities resolved. */
export function resolveEntities(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&#96;', '`')
    .replaceAll('&amp;', '&');
}

/** The token of the first form on a page. */
export function formToken(page: Seen): string {
  const token = /name="form_token" value="([^"]+)"/.exec(page.text)?.[1];
  if (token === undefined) throw new Error(`no form_token on the page (${page.status}): ${page.text.slice(-1500)}`);
  return resolveEntities(token);
}

/** The text of the element with this identifier, without markup. */
export function textOf(page: Seen, id: string): string | undefined {
  const content = new RegExp(`id="${id}"[^>]*>(.*?)</(?:p|dd|code|strong|h1)>`, 's').exec(page.text)?.[1];
  return content === undefined ? undefined : resolveEntities(content.replace(/<[^>]+>/g, ''));
}
