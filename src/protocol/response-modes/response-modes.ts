import type { ResponseMode } from './response-mode.ts';

/** Parameters in the query of the redirection URI; what is registered there stays (RFC 6749, section 4.1.2). */
export const queryMode: ResponseMode = {
  name: 'query',
  deliver: (_ctx, { redirectUri }, parameters) => ({
    mode: 'query',
    parameters: { uri: `${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${encode(parameters)}` },
  }),
};

/** Parameters in the fragment of the redirection URI (OAuth 2.0 Multiple Response Types, section 2.1). */
export const fragmentMode: ResponseMode = {
  name: 'fragment',
  deliver: (_ctx, { redirectUri }, parameters) => ({
    mode: 'fragment',
    parameters: { uri: `${redirectUri}#${encode(parameters)}` },
  }),
};

/** Parameters in a form that the browser posts (OAuth 2.0 Form Post Response Mode). */
export const formPostMode: ResponseMode = {
  name: 'form_post',
  deliver: (_ctx, { redirectUri }, parameters) => ({
    mode: 'form_post',
    parameters: { uri: redirectUri, form: parameters },
  }),
};

function encode(parameters: Readonly<Record<string, string>>): string {
  return new URLSearchParams(parameters).toString();
}
