import { readFileSync } from 'node:fs';
import { fatal } from '../../config/problem.ts';
import { messageOf } from '../../domain/error-message.ts';
import { claimsSources } from '../../protocol/claims/claims-sources.ts';
import type { Feature } from '../../protocol/features/feature.ts';
import { add } from '../../protocol/features/kinds.ts';
import { usersFileClaimsSourceProperties } from './users-file-properties.ts';
import { openUsersFileClaimsSource, parseUsers } from './users-file-source.ts';

const property = usersFileClaimsSourceProperties.file.name;

/** The claims source over a JSON users file. */
export const usersFileFeature: Feature = {
  name: 'usersFile',
  title: 'Claims source: users file',
  properties: usersFileClaimsSourceProperties,
  check(settingsOf) {
    const { enable, file } = settingsOf(usersFileClaimsSourceProperties);
    if (!enable || file !== undefined) return [];
    const message = `is required with ${usersFileClaimsSourceProperties.enable.name}`;
    return [fatal(property, message, 'Set it to the path of a JSON users file.')];
  },
  checkHere(settingsOf) {
    const { enable, file } = settingsOf(usersFileClaimsSourceProperties);
    if (!enable || file === undefined) return [];
    try {
      parseUsers(readFileSync(file, 'utf8'));
      return [];
    } catch (error) {
      const remedy = 'Set it to a JSON file { "users": [ ... ] } that the server may read.';
      return [fatal(property, `${file} cannot be used: ${messageOf(error)}`, remedy)];
    }
  },
  registers({ settingsOf, clock, events }) {
    const settings = settingsOf(usersFileClaimsSourceProperties);
    return [
      add(claimsSources, {
        name: 'usersFile',
        enabled: settings.enable,
        supportedClaims: settings.supportedClaims,
        property: usersFileClaimsSourceProperties.supportedClaims.name,
        open: () => openUsersFileClaimsSource({ settings, clock, events }),
      }),
    ];
  },
};
