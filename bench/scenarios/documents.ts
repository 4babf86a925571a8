import { constantRequest, stringMember } from '../conversation.ts';
import type { LiveTarget } from '../targets/target.ts';
import { type Scenario, tryOut } from './scenario.ts';

/** An answer of a few bytes, as fast as Node.js can: the generator must have time left over even here. */
export const generatorCheck: Scenario = {
  name: 'generator-check',
  title: 'trivial GET (generator check)',
  generatorCheck: true,
  usesStore: false,
  prepare: async () => [document('/')],
};

/** The discovery document (OpenID Connect Discovery 1.0, section 4). */
export const discovery: Scenario = {
  name: 'discovery',
  title: 'discovery document',
  goal: 3.5,
  usesStore: false,
  prepare: async (target) => {
    const step = document(target.paths.discovery);
    await tryOut(target, step, (answer) => stringMember(answer, 'issuer'));
    return [step];
  },
};

/** The server's public keys (RFC 7517). */
export const jwks: Scenario = {
  name: 'jwks',
  title: 'JWKS',
  goal: 2.2,
  usesStore: false,
  prepare: async (target: LiveTarget) => [document(target.paths.jwks)],
};

function document(path: string) {
  return { name: `GET ${path}`, request: constantRequest({ method: 'GET', path }), status: 200 };
}
