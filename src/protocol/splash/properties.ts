import { textWithDefault } from '../../config/property.ts';

/** Properties of the splash page. */
export const splashProperties = {
  splashPage: textWithDefault(
    'op.splashPage',
    'urn:c2id:splash_page:default',
    'What the issuer URL shows: urn:c2id:splash_page:default, urn:c2id:splash_page:blank, urn:c2id:splash_page:op_metadata (redirect to discovery), or an http(s) URL to redirect to.',
  ),
} as const;
