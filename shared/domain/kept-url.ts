/** Query parameters that tell the channel; all others may hold personal data and go. */
const KEPT_PARAMETERS = /^(?:utm_[a-z]+|gclid|fbclid|msclkid)$/;
const MAX_URL_LENGTH = 1024;

/**
 * A URL without user, password, fragment and foreign query parameters; null where it is no
 * http(s) URL or path.
 */
export function keptUrl(url: string): string | null {
  const relative = url.startsWith('/') && !url.startsWith('//');
  if (!URL.canParse(url, relative ? 'https://relative.invalid' : undefined)) return null;
  const parsed = new URL(url, relative ? 'https://relative.invalid' : undefined);
  if (!/^https?:$/.test(parsed.protocol)) return null;
  const parameters = new URLSearchParams();
  for (const [name, value] of parsed.searchParams) {
    if (KEPT_PARAMETERS.test(name)) parameters.append(name, value);
  }
  const query = parameters.size === 0 ? '' : `?${parameters}`;
  const origin = relative ? '' : parsed.origin;
  return `${origin}${parsed.pathname}${query}`.slice(0, MAX_URL_LENGTH);
}
