/** A page or redirect as the double saw it. */
export interface Visited {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** A browser without a screen: cookies, redirects and forms over real HTTP. */
export interface BrowserDouble {
  get(url: string): Promise<Visited>;
  /** Posts a form. `crossSite` leaves SameSite=Lax cookies out, as a browser does for a POST from another site. */
  post(
    url: string,
    form: Readonly<Record<string, string>>,
    options?: { readonly crossSite?: boolean },
  ): Promise<Visited>;
  /** Follows redirects to a page, or to the first address for which `stop` is true (then that address is not fetched). */
  follow(visited: Visited, stop?: (url: string) => boolean): Promise<Visited>;
  /** Presses the first button of the form that has this action (or id), with its hidden and preset fields and these, and follows on. */
  submit(
    page: Visited,
    form: string,
    fields?: Readonly<Record<string, string>>,
    stop?: (url: string) => boolean,
  ): Promise<Visited>;
}

interface Cookie {
  readonly value: string;
  readonly path: string;
}

/** Text with the entities of the playground's pages resolved. */
export function unescapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', '#39': "'", '#96': '`', amp: '&' };
  return text.replace(/&(lt|gt|quot|#39|#96|amp);/g, (_, name: string) => entities[name] ?? '');
}

/** The text inside the element with this id (no elements of the same name within); `undefined` when it is not there. */
export function textOf(page: Visited, id: string): string | undefined {
  const match = new RegExp(`<(\\w+)(?=[^>]*\\bid="${id}")[^>]*>([\\s\\S]*?)</\\1>`).exec(page.body);
  return match?.[2] === undefined ? undefined : unescapeHtml(match[2].replace(/<[^>]*>/g, '')).trim();
}

/** The value of an attribute of the element with this id. */
export function attributeOf(page: Visited, id: string, name: string): string | undefined {
  const tag = new RegExp(`<[^>]*\\bid="${id}"[^>]*>`).exec(page.body)?.[0] ?? '';
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1];
  return value === undefined ? undefined : unescapeHtml(value);
}

function formsOf(page: Visited): readonly { readonly tag: string; readonly content: string }[] {
  return [...page.body.matchAll(/<form([^>]*)>([\s\S]*?)<\/form>/g)].map((m) => ({
    tag: m[1] ?? '',
    content: m[2] ?? '',
  }));
}

function attribute(tag: string, name: string): string | undefined {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1];
  return value === undefined ? undefined : unescapeHtml(value);
}

/** Creates a browser double without cookies. */
export function createBrowserDouble(): BrowserDouble {
  const jar = new Map<string, Cookie>();

  function keep(url: string, headers: Headers): void {
    for (const line of headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
      const [name = '', ...value] = pair.split('=');
      const path = attributes.find((part) => /^path=/i.test(part))?.slice(5) ?? '/';
      const gone = attributes.some((part) => /^expires=thu, 01 jan 1970/i.test(part));
      const key = `${new URL(url).origin} ${path} ${name}`;
      if (gone) jar.delete(key);
      else jar.set(key, { value: `${name}=${value.join('=')}`, path });
    }
  }

  function cookiesFor(url: string): string {
    const { origin, pathname } = new URL(url);
    const fits = (path: string) => pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`);
    const own = [...jar].filter(([key, cookie]) => key.startsWith(`${origin} `) && fits(cookie.path));
    return own.map(([, cookie]) => cookie.value).join('; ');
  }

  async function request(url: string, init: RequestInit, sendCookies = true): Promise<Visited> {
    const cookie = sendCookies ? cookiesFor(url) : '';
    const headers = { ...(cookie !== '' && { cookie }) };
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    keep(url, response.headers);
    return { url, status: response.status, headers: response.headers, body: await response.text() };
  }

  const browser: BrowserDouble = {
    get: (url) => request(url, {}),
    post: (url, form, options) =>
      request(url, { method: 'POST', body: new URLSearchParams(form) }, options?.crossSite !== true),
    async follow(visited, stop) {
      let current = visited;
      for (let hops = 0; hops < 20; hops += 1) {
        const location = current.headers.get('location');
        if (current.status < 300 || current.status >= 400 || location === null) return current;
        const next = new URL(location, current.url).href;
        if (stop?.(next)) return { ...current, url: next };
        current = await request(next.split('#')[0] ?? next, {});
      }
      throw new Error(`Too many redirects, the last one to ${current.url}`);
    },
    async submit(page, wanted, fields = {}, stop) {
      const form = formsOf(page).find(
        ({ tag }) => attribute(tag, 'id') === wanted || attribute(tag, 'action')?.endsWith(wanted),
      );
      if (form === undefined)
        throw new Error(`No form "${wanted}" in the page at ${page.url} (${page.status}): ${page.body}`);
      const body = new URLSearchParams();
      for (const [tag] of form.content.matchAll(/<input[^>]*>/g)) {
        const name = attribute(tag, 'name');
        const box = attribute(tag, 'type') === 'checkbox';
        if (name !== undefined && !(name in fields) && (!box || / checked/.test(tag))) {
          body.append(name, attribute(tag, 'value') ?? '');
        }
      }
      for (const [name, value] of Object.entries(fields)) body.append(name, value);
      const button = /<button[^>]*>/.exec(form.content)?.[0] ?? '';
      const word = attribute(button, 'name');
      if (word !== undefined && !body.has(word)) body.append(word, attribute(button, 'value') ?? '');
      const action = new URL(attribute(form.tag, 'action') ?? page.url, page.url).href;
      return browser.follow(await request(action, { method: 'POST', body }), stop);
    },
  };
  return browser;
}
