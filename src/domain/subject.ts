/** Longest identifier of a subject, in characters (OpenID Connect Core, section 2). */
export const maxSubjectLength = 255;
