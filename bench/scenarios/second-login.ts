import type { Notes, Step } from '../conversation.ts';
import { converseOnce } from '../load-generator.ts';
import { codeFlow, freshSubject, type Scenario } from './scenario.ts';

/** So many that none comes again more often than devices are plausible, nor one's row is waited for by another connection. */
const users = 2000;
const atOnce = 16;

/**
 * The login of a user with a session and a remembered consent (OpenID Connect Core, section 3.1.2.1 without a prompt): a code
 * at once, then tokens, a refresh token among them. The users take turns.
 */
export const secondLogin: Scenario = {
  name: 'second-login',
  title: 'second login with session and consent, PKCE (flows/s)',
  usesStore: true,
  prepare: async (target) => {
    const first = await codeFlow(target, { offline: true, subject: freshSubject, use: 'returning' });
    const visits = await visitMany(target.process.port, first.steps);
    const steps = [target.comeAgain(first.ask, visits), first.redeem];
    await converseOnce(target.process.port, steps);
    return steps;
  },
};

/** The notes of each user's first login. */
async function visitMany(port: number, steps: readonly Step[]): Promise<readonly Notes[]> {
  const visits: Notes[] = [];
  while (visits.length < users) {
    visits.push(...(await Promise.all(Array.from({ length: atOnce }, () => converseOnce(port, steps)))));
  }
  return visits;
}
