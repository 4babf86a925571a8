import { constantRequest, form, noted, type Step, stringMember } from '../conversation.ts';
import { converseOnce } from '../load-generator.ts';
import { codeFlow, freshSubject, type Scenario, tryOut } from './scenario.ts';

/** The refresh token grant without rotation (RFC 6749, section 6): an identifier access token and an RS256 ID token. */
export const refresh: Scenario = {
  name: 'refresh',
  title: 'refresh, identifier token + RS256 ID token',
  goal: 1.4,
  usesStore: true,
  prepare: async (target) => {
    const flow = await codeFlow(target, { offline: true, subject: () => 'alice' });
    const notes = await converseOnce(target.process.port, flow.steps);
    const step: Step = {
      name: 'token request (refresh_token)',
      request: constantRequest({
        method: 'POST',
        path: target.paths.token,
        authorization: flow.authorization,
        body: form({ grant_type: 'refresh_token', refresh_token: noted(notes, 'refresh_token') }),
      }),
      status: 200,
    };
    await tryOut(target, step, (answer) => stringMember(answer, 'id_token'));
    return [step];
  },
};

/** UserInfo with an identifier token (OpenID Connect Core, section 5.3). */
export const userInfo: Scenario = {
  name: 'userinfo',
  title: 'UserInfo, identifier bearer',
  goal: 3.5,
  usesStore: false,
  prepare: async (target) => {
    const flow = await codeFlow(target, { offline: false, subject: () => 'alice' });
    const notes = await converseOnce(target.process.port, flow.steps);
    const step: Step = {
      name: 'UserInfo',
      request: constantRequest({
        method: 'GET',
        path: target.paths.userInfo,
        authorization: `Bearer ${noted(notes, 'access_token')}`,
      }),
      status: 200,
    };
    // Without a claim from the user's record, an answer would be cheaper than it is in practice.
    await tryOut(target, step, (answer) => stringMember(answer, 'email'));
    return [step];
  },
};

/** A whole login: authorization request, sign-in, consent, code, tokens. */
export const wholeCodeFlow: Scenario = {
  name: 'code-flow',
  title: 'whole code flow, PKCE (flows/s)',
  goal: 2.4,
  usesStore: true,
  prepare: async (target) => {
    const { steps } = await codeFlow(target, { offline: false, subject: freshSubject });
    await converseOnce(target.process.port, steps);
    return steps;
  },
};
