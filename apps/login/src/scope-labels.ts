import { isJsonObject, parseJson } from '../../kit/src/json.ts';
import { optionalString } from './json.ts';

/** A scope value in plain words. */
export interface ScopeLabel {
  readonly title: string;
  readonly explanation: string | undefined;
}

/** Labels by scope value. */
export type ScopeLabels = ReadonlyMap<string, ScopeLabel>;

/** The scope values of OpenID Connect Core (sections 5.4 and 11). */
const STANDARD: ScopeLabels = new Map([
  ['openid', { title: 'Know who you are', explanation: 'Sign you in with an identifier of your account' }],
  ['profile', { title: 'See your profile', explanation: 'Your name, picture and other basic details' }],
  ['email', { title: 'See your email address', explanation: 'And whether it has been verified' }],
  ['address', { title: 'See your postal address', explanation: 'Street, town, region, postal code and country' }],
  ['phone', { title: 'See your phone number', explanation: 'And whether it has been verified' }],
  [
    'offline_access',
    { title: 'Stay connected', explanation: 'Keep this access while you are not using the application' },
  ],
]);

/** The label of a scope value: the configured one, else the standard one; one that nobody has named is shown as it is. */
export function labelOf(scope: string, configured: ScopeLabels): ScopeLabel {
  const unnamed = { title: scope, explanation: 'A permission that the application asks for by this name' };
  return configured.get(scope) ?? STANDARD.get(scope) ?? unnamed;
}

/**
 * Reads labels from JSON such as `{ "photos": "See your photos", "print": { "title": "Print", "explanation": "On paper" } }`.
 * Throws an `Error` that says what is wrong, for the operator.
 */
export function parseScopeLabels(text: string): ScopeLabels {
  const content = parseJson(text);
  if (!isJsonObject(content)) throw new Error('must be a JSON object of labels by scope value');
  return new Map(Object.entries(content).map(([scope, label]) => [scope, parseLabel(scope, label)] as const));
}

function parseLabel(scope: string, value: unknown): ScopeLabel {
  const { title, explanation } = isJsonObject(value) ? value : { title: value, explanation: undefined };
  const text = optionalString(title);
  if (text !== undefined && (explanation === undefined || typeof explanation === 'string')) {
    return { title: text, explanation };
  }
  throw new Error(`the label of "${scope}" must be a text, or an object with "title" and perhaps "explanation"`);
}
