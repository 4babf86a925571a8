import { isJsonObject, type JsonObject, parseJson } from '../../kit/src/json.ts';
import { optionalString } from './json.ts';

/** Why a call of the web API did not give a usable answer. */
export type ApiFailureKind =
  /** 404: the session is unknown or has expired. */
  | 'gone'
  /** 400 and other 4xx: the server did not like the request. */
  | 'refused'
  /** 401, 403: the API token is wrong, or the API is switched off. */
  | 'unauthorized'
  /** 403 `access_denied`: the call is in order, but a policy of the server forbids this step for this person. */
  | 'denied'
  /** No answer, 5xx, or an answer that makes no sense. */
  | 'unavailable'
  /** The answer sends the browser where no browser may or can go. */
  | 'unusable-target';

/** A failed call; `message` is for the operator and holds no token and no session identifier. */
export class ApiFailure extends Error {
  readonly kind: ApiFailureKind;
  constructor(kind: ApiFailureKind, message: string) {
    super(message);
    this.name = 'ApiFailure';
    this.kind = kind;
  }
}

/** One call of a web API. */
export interface ApiCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below the base URL, with a leading slash. */
  readonly path: string;
  /** The path without identifiers, for messages to the operator. */
  readonly label: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

/** Calls a web API with its token; resolves to the JSON object of a 2xx answer, `{}` for 204. Throws {@link ApiFailure}. */
export type WebApi = (call: ApiCall) => Promise<JsonObject>;

function failureKind(status: number, code: string | undefined): ApiFailureKind {
  if (status === 404) return 'gone';
  if (status === 403 && code === 'access_denied') return 'denied';
  if (status === 401 || status === 403) return 'unauthorized';
  return status >= 400 && status < 500 ? 'refused' : 'unavailable';
}

/** A {@link WebApi} at `baseUrl` (the issuer, or an internal address of the server). `timeout` in milliseconds. */
export function createWebApi(baseUrl: string, token: string, timeout: number): WebApi {
  const base = baseUrl.replace(/\/+$/, '');
  return async (call) => {
    const what = `${call.method} ${base}${call.label}`;
    let response: Response;
    let text: string;
    try {
      response = await fetch(base + call.path, {
        method: call.method,
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          ...(call.body ? { 'content-type': 'application/json' } : {}),
          ...call.headers,
        },
        ...(call.body ? { body: JSON.stringify(call.body) } : {}),
        redirect: 'error',
        signal: AbortSignal.timeout(timeout),
      });
      text = await response.text();
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
      throw new ApiFailure('unavailable', `${what} gave no answer (time limit ${timeout} ms): ${cause}`);
    }
    const body = text === '' ? {} : parseJson(text);
    if (!response.ok) {
      const code = isJsonObject(body) ? optionalString(body['error']) : undefined;
      const kind = failureKind(response.status, code);
      throw new ApiFailure(kind, `${what} answered ${response.status} ${code ?? ''}`.trimEnd());
    }
    if (!isJsonObject(body)) throw new ApiFailure('unavailable', `${what} answered something else than a JSON object`);
    return body;
  };
}
