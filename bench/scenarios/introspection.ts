import { constantRequest, form, memberAt, type Step, stringMember } from '../conversation.ts';
import { basic } from '../targets/target.ts';
import { type Scenario, tryOut } from './scenario.ts';

/** Introspection of an identifier token by the client that holds it (RFC 7662). */
export const introspection: Scenario = {
  name: 'introspection',
  title: 'introspection',
  goal: 3,
  usesStore: true,
  prepare: async (target) => {
    const authorization = basic(await target.client('client-credentials'));
    const post = (path: string, parameters: Readonly<Record<string, string>>): Step => ({
      name: `POST ${path}`,
      request: constantRequest({ method: 'POST', path, authorization, body: form(parameters) }),
      status: 200,
    });
    let token = '';
    const issue = post(target.paths.token, { grant_type: 'client_credentials', scope: 'read' });
    await tryOut(target, issue, (answer) => {
      token = stringMember(answer, 'access_token');
    });
    const step = post(target.paths.introspection, { token });
    await tryOut(target, step, (answer) => {
      if (memberAt(answer, 'active') !== true) throw new Error(`a fresh token is not active: ${answer.body}`);
    });
    return [step];
  },
};
