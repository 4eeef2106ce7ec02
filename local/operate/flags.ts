import { Usage } from '../../shared/errors.ts';
import type { Api } from './api-client.ts';

/** A key on the command line stands in the list of processes: the environment is the better place. */
const KEY_VARIABLE = 'FORESIGHT_API_KEY';

/** @throws Usage */
export function apiOf({ url, key }: { readonly url: string; readonly key?: string }): Api {
  const given = key ?? process.env[KEY_VARIABLE];
  if (!given) throw new Usage(`give --key, or set ${KEY_VARIABLE}`);
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new Usage(`--url ${url} is no address of an API`);
  }
  return { url: url.replace(/\/+$/, ''), key: given };
}

/** @throws Usage naming the flag */
export function numberOf(flag: string, text: string, fits: (value: number) => boolean): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!fits(value)) throw new Usage(`${flag} ${text} is not a number it can work with`);
  return value;
}
