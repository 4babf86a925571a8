import { type ErrorEntry, type ErrorId, errorCatalogue } from './catalogue.ts';

/**
 * A refusal that is answered to the caller with an OAuth 2.0 error body or redirect. `detail` is for the operator's log
 * alone: which check failed, what was expected and received, and the property that governs it.
 */
export class OAuthError extends Error {
  readonly id: ErrorId;
  readonly entry: ErrorEntry;
  readonly detail: string;
  /** The public text: that of the catalogue, or a more telling one where that gives nothing away. */
  readonly description: string;

  constructor(id: ErrorId, detail: string, description?: string) {
    super(`${id}: ${detail}`);
    this.name = 'OAuthError';
    this.id = id;
    this.entry = errorCatalogue[id];
    this.detail = detail;
    this.description = safeText(description ?? this.entry.text);
  }

  /** The OAuth error code. */
  get code(): string {
    return this.entry.code;
  }

  /** The HTTP status of a direct response. */
  get status(): number {
    return this.entry.status;
  }
}

/** An access token without a scope value that it needs (RFC 6750, section 3.1): that is no secret, and the client is told. */
export class InsufficientScopeError extends OAuthError {
  /** The scope that a token needs, for the challenge. */
  readonly scope: string;

  constructor(scope: string, detail: string) {
    super('insufficient-scope', detail, `The access token has an insufficient scope: it needs ${scope}`);
    this.scope = safeText(scope);
  }
}

/** Drops every character outside the `error_description` alphabet (RFC 6749, section 5.2). */
export function safeText(text: string): string {
  return text.replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '');
}

/** The JSON error body (RFC 6749, section 5.2). */
export function errorBody(error: OAuthError): { error: string; error_description: string } {
  return { error: error.code, error_description: error.description };
}
