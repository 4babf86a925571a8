import type { ClaimsSource } from '../ports/claims-source.ts';

/** Alice with every standard claim, one of them in two languages; bob with a name; nobody else. */
export const people: ClaimsSource = {
  name: 'people',
  supportedClaims: ['*'],
  async getClaims(subject) {
    if (subject === 'bob') return { name: 'Bob Hatter', email: 'bob@wonderland.net', email_verified: false };
    if (subject !== 'alice') return undefined;
    return {
      name: 'Alice Adams',
      'name#bg': 'Алис Адамс',
      family_name: 'Adams',
      given_name: 'Alice',
      middle_name: 'Liddell',
      nickname: 'Ally',
      preferred_username: 'alice',
      profile: 'https://wonderland.net/alice',
      picture: 'https://wonderland.net/alice.png',
      website: 'https://alice.wonderland.net',
      gender: 'female',
      birthdate: '1992-05-04',
      zoneinfo: 'Europe/Sofia',
      locale: 'en-GB',
      updated_at: 1_700_000_000,
      email: 'alice@wonderland.net',
      email_verified: true,
      phone_number: '+359 2 555 0100',
      phone_number_verified: true,
      address: { country: 'BG', locality: 'Sofia' },
    };
  },
};
