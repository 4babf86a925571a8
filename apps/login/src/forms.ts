import { Refusal } from '../../kit/src/exchange.ts';
import { single } from './exchange.ts';
import { cancel, consent } from './flows/consent.ts';
import type { FlowReply } from './flows/prompt-pages.ts';
import { chooseAccount, signIn } from './flows/sign-in.ts';
import { signOut } from './flows/sign-out.ts';
import type { LoginContext, Visit } from './login-context.ts';

/** Works on a form whose action was asked for by its word. */
type FormFlow = (context: LoginContext, visit: Visit, fields: URLSearchParams) => Promise<FlowReply>;

/** A form of the pages. */
export interface PageForm {
  /** What its buttons say in the field `action`, one of which must come, once and exactly. */
  readonly actions: readonly string[];
  readonly flow: FormFlow;
}

const FORMS: ReadonlyMap<string, PageForm> = new Map([
  ['/sign-in', { actions: ['sign-in'], flow: signIn }],
  ['/account', { actions: ['choose-account'], flow: chooseAccount }],
  ['/consent', { actions: ['allow'], flow: consent }],
  ['/cancel', { actions: ['cancel', 'deny'], flow: cancel }],
  ['/sign-out', { actions: ['sign-out'], flow: signOut }],
]);

/** The form that is posted to a path below the base path, such as `/consent`; `undefined` where there is none. */
export function formAt(path: string): PageForm | undefined {
  return FORMS.get(path);
}

/**
 * Nothing is given, ended or chosen because a form has arrived: it must say what it wants by the word of its button. Throws
 * {@link Refusal} (400) for another word, for none, and for several.
 */
export function requireAction({ actions }: PageForm, fields: URLSearchParams): void {
  const action = single(fields, 'action');
  if (action !== undefined && actions.includes(action)) return;
  throw new Refusal(400, 'invalid_request', 'The form does not say what it wants: nothing was done.');
}
