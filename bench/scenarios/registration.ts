import { constantRequest, json, type Step, stringMember } from '../conversation.ts';
import { redirectUri } from '../targets/target.ts';
import { type Scenario, tryOut } from './scenario.ts';

/** Dynamic client registration with an initial access token (RFC 7591). */
export const registration: Scenario = {
  name: 'registration',
  title: 'dynamic registration',
  goal: 3,
  usesStore: false,
  prepare: async (target) => {
    const step: Step = {
      name: 'registration',
      request: constantRequest({
        method: 'POST',
        path: target.paths.registration,
        authorization: `Bearer ${target.registrationToken}`,
        body: json({
          client_name: 'A client of the benchmark',
          redirect_uris: [redirectUri, 'https://client.example.org/other'],
          grant_types: ['authorization_code', 'refresh_token'],
          response_types: ['code'],
          token_endpoint_auth_method: 'client_secret_basic',
          id_token_signed_response_alg: 'RS256',
          contacts: ['admin@client.example.org'],
          client_uri: 'https://client.example.org/',
          policy_uri: 'https://client.example.org/policy',
        }),
      }),
      status: 201,
    };
    await tryOut(target, step, (answer) => stringMember(answer, 'client_secret'));
    return [step];
  },
};
