import Bowser from 'bowser';
import { isbot } from 'isbot';
import type { EnrichedEvent } from '../schemas/event.ts';

export interface Agent {
  readonly device: EnrichedEvent['device_type'];
  readonly isBot: boolean;
}

const PLATFORMS: Readonly<Record<string, Agent['device']>> = {
  desktop: 'desktop',
  mobile: 'mobile',
  tablet: 'tablet',
  tv: 'tv',
  bot: 'bot',
};

/**
 * Agents of servers that send events on a shopper's behalf. Lists of bots count them as bots, but
 * what crawls a shop with one of these runs no script that would send events.
 */
const HTTP_CLIENTS =
  /^(?:curl|wget|node|undici|axios|got|python|aiohttp|httpx|okhttp|java|apache-httpclient|go-http-client|ruby|faraday|php|guzzlehttp|symfony|dart|rust|reqwest|postmanruntime|insomnia|k6|deno|bun)\b/i;

/** Device and declared bots of a User-Agent header. */
export function agentOf(userAgent: string | null): Agent {
  if (userAgent === null || userAgent === '' || HTTP_CLIENTS.test(userAgent)) {
    return { device: 'unknown', isBot: false };
  }
  if (isbot(userAgent)) return { device: 'bot', isBot: true };
  const platform = Bowser.getParser(userAgent).getPlatformType(true);
  return { device: PLATFORMS[platform] ?? 'unknown', isBot: false };
}

/**
 * Remembers the last `capacity` answers: a stream repeats few user agents many times, and parsing
 * one costs some 20 µs.
 */
export function rememberingAgents(capacity: number): (userAgent: string | null) => Agent {
  const known = new Map<string, Agent>();
  return (userAgent) => {
    const key = userAgent ?? '';
    let agent = known.get(key);
    if (agent === undefined) {
      agent = agentOf(userAgent);
      if (known.size >= capacity) known.delete(known.keys().next().value as string);
      known.set(key, agent);
    }
    return agent;
  };
}
