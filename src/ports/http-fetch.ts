/** What went wrong with an outgoing request. The message names the check that failed; it is for the operator's log. */
export class FetchError extends Error {
  readonly reason: 'forbidden-url' | 'forbidden-address' | 'timeout' | 'too-large' | 'redirect' | 'network';

  constructor(reason: FetchError['reason'], message: string) {
    super(message);
    this.name = 'FetchError';
    this.reason = reason;
  }
}

/** An outgoing request. */
export interface FetchRequest {
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Milliseconds for the connection, and for each read after it. */
  readonly connectTimeout: number;
  readonly readTimeout: number;
  /** Bytes of the decoded body. */
  readonly maxSize: number;
  /** The URL comes from the operator's configuration, not from a client: http and private addresses are allowed. */
  readonly trusted?: boolean;
}

/** The answer to an outgoing request. */
export interface FetchResponse {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: string;
}

/**
 * The only way out of the server: https unless the URL is trusted, size and time limits, private and link-local address
 * ranges refused (after name resolution, on the address that is then connected to), redirects refused.
 */
export interface HttpFetch {
  /** Throws `FetchError`. Any HTTP status but a redirect is a normal answer. */
  fetch(request: FetchRequest): Promise<FetchResponse>;
}
