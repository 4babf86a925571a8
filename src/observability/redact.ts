import type { LogFields } from '../ports/log.ts';

/** What stands in the place of a credential. */
export const redacted = '[redacted]';

/** Longest text of a field, in characters: what comes from outside must not fill the disk. */
export const maxLoggedText = 1000;

/** Field names, without separators and in lower case, whose values are credentials. */
const credentialNames = new Set([
  'authorization',
  'proxyauthorization',
  'cookie',
  'setcookie',
  'code',
  'authcode',
  'authorizationcode',
  'devicecode',
  'usercode',
  'codeverifier',
  'assertion',
  'clientassertion',
  'samlresponse',
  'idtokenhint',
  'loginhinttoken',
  'dpop',
  'apikey',
  'encjwk',
  'passphrase',
  'pin',
]);

const credentialEnding = /(password|passwd|secret|token|privatekey|credential|credentials)$/;

const jwt = /\beyJ[\w-]{8,}(?:\.[\w-]*){2,4}/g;
const authorizationValue = /\b(Bearer|Basic|DPoP)\s+(?=\S*\d)[\w.~+/=-]{16,}/gi;
const credentialParameter =
  /\b((?:access_|refresh_|id_|subject_|actor_)?token|id_token_hint|code|code_verifier|client_secret|client_assertion|assertion|password)=[^&\s"']+/gi;
/** Most texts are plain ASCII, and a cheap test tells so. */
const unusual = /[^ -~]/;
const lineBreakings = /[\p{Cc}\u2028\u2029]/gu;

const decided = new Map<string, boolean>();

/** Whether a field of that name holds a credential. */
export function isCredentialName(name: string): boolean {
  const known = decided.get(name);
  if (known !== undefined) return known;
  const plain = name.replaceAll(/[^a-z0-9]/gi, '').toLowerCase();
  const answer = credentialNames.has(plain) || credentialEnding.test(plain);
  // Names come from the source code; the bound is for the mistake of logging a map with foreign keys.
  if (decided.size < 1000) decided.set(name, answer);
  return answer;
}

/**
 * A text fit for the log: one line without control characters, no JWT, `Authorization` value or credential parameter in
 * it, and at most `limit` characters.
 */
export function safeLogText(value: string, limit: number = maxLoggedText): string {
  let text = value.length > limit ? `${value.slice(0, limit)}...` : value;
  if (unusual.test(text)) text = text.replace(lineBreakings, '?');
  if (text.includes('eyJ')) text = text.replace(jwt, redacted);
  if (text.includes('=')) text = text.replace(credentialParameter, `$1=${redacted}`);
  return text.length < 22 || !text.includes(' ') ? text : text.replace(authorizationValue, `$1 ${redacted}`);
}

/** A field's value fit for the log. The second net only: callers do not pass credentials in the first place. */
export function safeLogField(name: string, value: LogFields[string]): LogFields[string] {
  if (value === undefined) return undefined;
  return isCredentialName(name) ? redacted : safeValue(value);
}

function safeValue(value: NonNullable<LogFields[string]>): NonNullable<LogFields[string]> {
  if (typeof value === 'string') return safeLogText(value);
  return typeof value === 'object' ? value.map((item) => safeLogText(item)) : value;
}
