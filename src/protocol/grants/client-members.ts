import { type Check, type ClientMember, clientMember, mayRegister } from '../registration/client-member.ts';
import { fewerItems } from '../registration/member-power.ts';
import { asTexts, isArray, refuse } from '../registration/metadata-check.ts';
import { grantTypes } from './grant-type.ts';

const registeredGrants: Check = (value, name, ctx) => {
  const known = ctx.provider.registry.of(grantTypes);
  return asTexts(value, name).map((word) => {
    // One that the configuration does not offer may be registered: introspection goes by client_credentials, too.
    const grant = known.get(word);
    if (!grant) refuse(name, `expected grant types out of ${[...known.keys()].join(', ')}`);
    const short = word.slice(word.lastIndexOf(':') + 1);
    if (!grant.openToAll && !mayRegister(ctx, `client-reg:${short}`)) {
      refuse(name, `${grant.name} may only be registered with a master token or the scope client-reg:${short}`);
    }
    return word;
  });
};

/** The grants that a client may use (RFC 7591, section 2). */
export const grantMembers: readonly ClientMember[] = [
  clientMember('grant_types', registeredGrants, {
    power: fewerItems,
    agree({ grant_types: grants, token_endpoint_auth_method: method }) {
      if (isArray(grants) && grants.includes('client_credentials') && method === 'none') {
        refuse('token_endpoint_auth_method', 'expected a method other than none, for client_credentials');
      }
    },
  }),
];
