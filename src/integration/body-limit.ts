/** Largest body of a call of the web APIs of the login page, in bytes. */
export const bodyLimit = 262_144;
