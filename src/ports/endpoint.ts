/** A received HTTP request, as the endpoints see it. */
export interface HttpRequest {
  readonly method: string;
  /** Path parameters, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** The raw query string without `?`; empty when there is none. */
  readonly query: string;
  /** Header values by lower-case name. A header that came more than once is joined with `, `. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The body as received; empty when there is none. Bounded by the server-wide limit. */
  readonly body: Buffer;
}

/** The answer of an endpoint. `headers` is used as it is, and may be a shared constant. */
export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Text in pieces is sent as the caller takes it: what it comes from must not take more memory than a piece. */
  readonly body: string | Buffer | AsyncIterable<string>;
}
