import { logProperties } from '../observability/properties.ts';
import type { Feature } from '../protocol/features/feature.ts';

/** The log, which is open before anything else. */
export const logFeature: Feature = { name: 'log', title: 'Log', properties: logProperties };
