/**
 * Whether what stands at the URL is reached from the same machine only: `localhost` and the names below it (RFC 6761, section
 * 6.3), 127.0.0.0/8 and ::1.
 */
export function isLoopbackUrl(url: string): boolean {
  return isLoopbackHost(new URL(url).hostname);
}

/** Whether a host, as URL parsers leave it, is this machine. */
export function isLoopbackHost(hostname: string): boolean {
  return /^(?:.+\.)?localhost\.?$/.test(hostname) || /^127(?:\.\d+){3}$/.test(hostname) || hostname === '[::1]';
}
