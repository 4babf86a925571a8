import { Refusal } from '../../../kit/src/exchange.ts';
import { inWords } from '../attempt-limiter.ts';
import type { LoginContext, Visit } from '../login-context.ts';
import type { Message } from '../messages.ts';
import type { Admission } from '../open-requests.ts';
import { answerRequest } from './consent.ts';
import type { FlowReply } from './prompt-pages.ts';

function refuse(context: LoginContext, visit: Visit, refused: Extract<Admission, { admitted: false }>): Refusal {
  const { of, retryAfter } = refused;
  const fields = { address: visit.address, retry_after: retryAfter };
  const headers = { 'retry-after': String(retryAfter) };
  if (of === 'address') {
    const hint = 'behind a proxy, set TRUST_PROXY; the limit is LOGIN_OPEN_REQUESTS_PER_ADDRESS';
    context.log.warn('LG2006', `too many open authorization requests of one address: ${hint}`, fields);
    const text = `Too many sign-ins were begun at your address and not finished. Try again in ${inWords(retryAfter)}.`;
    return new Refusal(429, 'too_many_requests', text, headers);
  }
  context.log.error('LG2007', 'too many open authorization requests; the limit is LOGIN_OPEN_REQUESTS', fields);
  const text = `Too many sign-ins are going on at the moment. Try again in ${inWords(retryAfter)}.`;
  return new Refusal(503, 'too_many_requests', text, headers);
}

/**
 * Hands an authorization request, as received, to the server and answers its first message. Throws {@link Refusal} where
 * too many are open, since the server would have to keep this one, too; and `ApiFailure`.
 */
export async function beginRequest(context: LoginContext, visit: Visit, query: string): Promise<FlowReply> {
  const admission = context.openRequests.admit(visit.address);
  if (!admission.admitted) throw refuse(context, visit, admission);
  let message: Message | undefined;
  try {
    message = await context.api.start(query, visit.session());
  } finally {
    admission.settle(message);
  }
  return answerRequest(context, visit, message);
}
