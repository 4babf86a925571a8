import { json } from '../../config/property.ts';

/** Properties of the published metadata. */
export const discoveryProperties = {
  metadataOverlay: json(
    'op.metadataOverlay',
    'A JSON object laid over the published metadata: members replace, null removes. Behaviour does not change.',
  ),
} as const;
