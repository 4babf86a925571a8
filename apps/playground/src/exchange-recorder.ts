import type { CustomFetch } from 'openid-client';

/** A name and a value, in the order they stood in. */
export type Field = readonly [name: string, value: string];

/** One HTTP request of this relying party and its answer, as it may be shown: the client secret is masked. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly requestHeaders: readonly Field[];
  /** Parameters of a form body. */
  readonly form: readonly Field[];
  /** Absent when no answer came. */
  readonly response?: { status: number; statusText: string; headers: readonly Field[]; body: string; cut: boolean };
  /** Why no answer came. */
  readonly networkError?: string;
}

/** A fetch that remembers what went over the wire. */
export interface ExchangeRecorder {
  readonly fetch: CustomFetch;
  readonly exchanges: readonly Exchange[];
}

const MASK = '••••••••';
const SHOWN_CHARACTERS = 16_384;

function maskHeader(name: string, value: string): string {
  // Basic carries the client secret; a Bearer token is what this program is here to show.
  return name === 'authorization' && /^basic /i.test(value) ? `Basic ${MASK}` : value;
}

function formFields(body: unknown): readonly Field[] {
  if (!(body instanceof URLSearchParams) && typeof body !== 'string') return [];
  return [...new URLSearchParams(body)].map(([name, value]) => [name, name === 'client_secret' ? MASK : value]);
}

function describeNetworkError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  // undici says "fetch failed" and puts the reason, such as ECONNREFUSED with an address, into the cause.
  const reason = cause instanceof Error ? cause.message || ('code' in cause ? String(cause.code) : '') : '';
  return reason === '' ? error.message : `${error.message}: ${reason}`;
}

/** Wraps `send` (by default the global fetch). Network errors are recorded and thrown on. */
export function createExchangeRecorder(send: CustomFetch | undefined): ExchangeRecorder {
  const exchanges: Exchange[] = [];
  const deliver: CustomFetch = send ?? ((url, init) => fetch(url, { ...init, body: init.body ?? null }));
  return {
    exchanges,
    async fetch(url, init) {
      const request = {
        method: init.method,
        url,
        requestHeaders: Object.entries(init.headers).map(([name, value]): Field => [name, maskHeader(name, value)]),
        form: formFields(init.body),
      };
      try {
        const response = await deliver(url, init);
        const text = await response.clone().text();
        const { status, statusText, headers } = response;
        const cut = text.length > SHOWN_CHARACTERS;
        const body = cut ? text.slice(0, SHOWN_CHARACTERS) : text;
        exchanges.push({ ...request, response: { status, statusText, headers: [...headers], body, cut } });
        return response;
      } catch (error) {
        exchanges.push({ ...request, networkError: describeNetworkError(error) });
        throw error;
      }
    },
  };
}
