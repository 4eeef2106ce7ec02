import { createHash } from 'node:crypto';

const HASH_DIGITS = 8;

/** SageMaker's limits: tuning jobs have names of their own trials made from theirs. */
export const LONGEST_NAME = { job: 63, tuning: 32 } as const;

/**
 * A name that SageMaker takes, derived from what the job belongs to: the same parts give the same
 * name. Parts that do not fit are cut, and a digest of them all keeps names apart.
 * @param parts e.g. machine, execution, attempt: SageMaker runs no name twice, so a retry needs
 *   another one
 */
export function jobName(parts: readonly string[], longest: number = LONGEST_NAME.job): string {
  const whole = parts.join('-');
  const name = clean(whole);
  if (name === whole && name.length <= longest) return name;
  const hash = createHash('sha256').update(whole).digest('hex').slice(0, HASH_DIGITS);
  return clean(`${name.slice(0, longest - HASH_DIGITS - 1)}-${hash}`);
}

function clean(text: string): string {
  return text.replace(/[^a-zA-Z0-9-]+/g, '-').replace(/^-+|-+$/g, '');
}
