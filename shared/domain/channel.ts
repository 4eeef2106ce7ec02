import type { EnrichedEvent } from '../schemas/event.ts';

type Channel = EnrichedEvent['channel_type'];

const SEARCH_ENGINES = /(?:^|\.)(?:google|bing|duckduckgo|yahoo|ecosia|baidu|yandex|qwant)\./;
const SOCIAL_NETWORKS =
  /(?:^|\.)(?:facebook|instagram|pinterest|tiktok|twitter|x|t|linkedin|reddit|youtube)\.(?:com|co)$/;

/** utm_medium → channel, the common values of the field. */
const MEDIA: readonly (readonly [RegExp, Channel])[] = [
  [/^(?:cpc|ppc|paid.?search|sem)$/, 'paid_search'],
  [/^(?:e-?mail|newsletter)$/, 'email'],
  [/^(?:social|paid.?social|sm)$/, 'social'],
  [/^affiliates?$/, 'affiliate'],
  [/^(?:display|banner|cpm|retargeting)$/, 'display'],
  [/^organic$/, 'organic_search'],
  [/^referral$/, 'referral'],
  [/^app$/, 'app'],
];

/**
 * The channel of an event that does not name one: by campaign parameters, then by the referrer's
 * host. An event with neither, or referred by its own site, says nothing: `unknown`.
 */
export function channelOf(pageUrl: string | null, referrer: string | null): Channel {
  const page = parse(pageUrl);
  const medium = page?.searchParams.get('utm_medium')?.toLowerCase();
  if (medium) {
    for (const [pattern, channel] of MEDIA) if (pattern.test(medium)) return channel;
  }
  if (page?.searchParams.has('gclid') || page?.searchParams.has('msclkid')) return 'paid_search';
  const source = parse(referrer);
  if (source === null || source.host === page?.host) return 'unknown';
  if (SEARCH_ENGINES.test(source.hostname)) return 'organic_search';
  if (SOCIAL_NETWORKS.test(source.hostname)) return 'social';
  return 'referral';
}

function parse(url: string | null): URL | null {
  return url === null ? null : URL.parse(url);
}
