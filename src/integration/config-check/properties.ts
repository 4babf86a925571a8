import { boolean } from '../../config/property.ts';

/** Properties of the configuration check. */
export const configCheckProperties = {
  enable: boolean('op.configCheck.enable', true, 'Serve /config/check.'),
} as const;
