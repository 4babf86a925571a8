import { randomUUID } from 'node:crypto';
import { Refusal } from '../../kit/src/exchange.ts';
import type { FlowReply } from './flows/prompt-pages.ts';
import type { LoginContext, Visit } from './login-context.ts';
import type { ErrorMessage } from './messages.ts';
import { type ErrorView, errorPage } from './pages/error-page.ts';
import { ApiFailure } from './web-api.ts';

const START_AGAIN = 'Go back to the application and start again.';

const ADVICE: ReadonlyMap<string, string> = new Map([
  ['cookies_required', `Allow cookies for this site. ${START_AGAIN}`],
  ['cookies_doubled', `Delete the cookies of this site. ${START_AGAIN}`],
  ['too_many_requests', 'Wait a little, then go back to the application and start again.'],
]);

/** What an error page says, beside what all of them do. */
type Fault = Omit<ErrorView, 'brand' | 'basePath' | 'client' | 'reference'>;

/** What of a log line tells one failure from others. */
interface Line {
  readonly level: 'info' | 'warn' | 'error';
  readonly id: string;
  readonly text: string;
  readonly problem?: string;
  readonly error?: unknown;
}

/** The page for a fault, and its line in the log: the reference is in both. */
function faultPage(context: LoginContext, visit: Visit, fault: Fault, line: Line): FlowReply {
  const reference = randomUUID();
  const { level, id, text, problem, error } = line;
  const fields = { code: fault.code, reference, ...(problem === undefined ? {} : { problem }) };
  if (level === 'error') context.log.error(id, text, fields, error);
  else context.log[level](id, text, fields);
  const { brand, basePath } = context;
  const client = visit.client();
  return { page: errorPage({ brand, basePath, reference, ...fault, ...(client === undefined ? {} : { client }) }) };
}

function refusalPage(context: LoginContext, visit: Visit, refusal: Refusal): FlowReply {
  const { status, code, message: description, headers } = refusal;
  const advice = ADVICE.get(code) ?? START_AGAIN;
  const fault = { status, title: 'This did not work', advice, code, description, headers };
  return faultPage(context, visit, fault, {
    level: 'info',
    id: 'LG3005',
    text: 'request refused',
    problem: description,
  });
}

function gonePage(context: LoginContext, visit: Visit, problem: string): FlowReply {
  const advice = `Your sign-in took too long, or it was finished already. ${START_AGAIN}`;
  const fault = { status: 400, title: 'Your sign-in has expired', advice, code: 'session_expired' };
  const text = 'authorization session is gone';
  return faultPage(context, visit, fault, { level: 'info', id: 'LG3001', text, problem });
}

function refusedPage(context: LoginContext, visit: Visit, problem: string): FlowReply {
  const fault = { status: 400, title: 'This did not work', advice: START_AGAIN, code: 'request_refused' };
  const text = 'the web API refused a request of the login page';
  return faultPage(context, visit, fault, { level: 'warn', id: 'LG3002', text, problem });
}

function unusableTargetPage(context: LoginContext, visit: Visit, problem: string): FlowReply {
  const title = 'The application’s address cannot be opened';
  const advice =
    'The answer cannot be delivered to the application, and trying again will not help. Tell its operator.';
  const text = 'no browser can be sent to this client: check its redirect_uris and response_mode';
  const fault = { status: 502, title, advice, code: 'unusable_redirect_uri' };
  return faultPage(context, visit, fault, { level: 'error', id: 'LG3004', text, problem });
}

function unavailablePage(context: LoginContext, visit: Visit, { kind, message: problem }: ApiFailure): FlowReply {
  const hint = kind === 'unauthorized' ? 'check API_TOKEN and SESSION_API_TOKEN' : 'check API_BASE_URL and the server';
  const advice =
    'The service cannot be reached at the moment. Wait a little, then go back to the application and start again.';
  const headers = { 'retry-after': '10' };
  const code = 'temporarily_unavailable';
  const fault = { status: 503, title: 'Sign-in is not available', advice, code, headers };
  const text = `the web API did not serve the login page: ${hint}`;
  return faultPage(context, visit, fault, { level: 'error', id: 'LG3003', text, problem });
}

function apiFailurePage(context: LoginContext, visit: Visit, failure: ApiFailure): FlowReply {
  switch (failure.kind) {
    case 'gone':
      return gonePage(context, visit, failure.message);
    case 'refused':
    case 'denied':
      return refusedPage(context, visit, failure.message);
    case 'unusable-target':
      return unusableTargetPage(context, visit, failure.message);
    case 'unauthorized':
    case 'unavailable':
      return unavailablePage(context, visit, failure);
  }
}

/** The page for an authorization request that the server refuses, and of which the client cannot be told. */
export function requestErrorPage(context: LoginContext, visit: Visit, message: ErrorMessage): FlowReply {
  const fault: Fault = {
    status: 400,
    title: 'This request cannot be processed',
    advice: 'The application sent a request that is not valid. Go back to it and try again, or tell its operator.',
    code: message.error,
    ...(message.description === undefined ? {} : { description: message.description }),
    ...(message.errorUri === undefined ? {} : { moreUri: message.errorUri }),
  };
  const text = 'the server refused an authorization request';
  return faultPage(context, visit, fault, { level: 'info', id: 'LG3006', text, problem: message.description ?? '' });
}

/** The page for whatever kept a request from being answered. It is logged, with the reference that the page shows. */
export function failureReply(context: LoginContext, visit: Visit, error: unknown): FlowReply {
  if (error instanceof Refusal) return refusalPage(context, visit, error);
  if (error instanceof ApiFailure) return apiFailurePage(context, visit, error);
  const advice = `Something went wrong here. ${START_AGAIN}`;
  const fault = { status: 500, title: 'This did not work', advice, code: 'server_error' };
  return faultPage(context, visit, fault, { level: 'error', id: 'LG9001', text: 'unexpected failure', error });
}
