import { apiTokenHashes } from '../../config/property.ts';

/** Properties of the configuration check. */
export const configCheckProperties = {
  apiTokens: apiTokenHashes('op.configCheck.apiAccessTokenSHA256', '/config/check'),
} as const;
