import { createHash } from 'node:crypto';
import type { ObjectStore } from '../../ports.ts';
import { CLV_VALUE_TIERS, type ClvScore } from '../../schemas/clv.ts';
import { parquetFile } from './parquet-file.ts';
import { listKey, publishedKey } from './publication-keys.ts';

/** What every row of a publication has in common. */
export interface PublishedAs {
  readonly as_of: string;
  readonly model_version: string;
  readonly horizon_days: number;
}

const NUMBERS = [
  'predicted_value',
  'low',
  'high',
  'p_alive',
  'churn_probability',
  'expected_purchases',
] as const;
const COLUMNS = ['customer_id', ...NUMBERS, 'tier', 'as_of', 'model_version'] as const;

/**
 * Writes the scores of a part by tier: Parquet for queries (reasons as JSON text), CSV for lists.
 * @returns key → SHA-256 of what was written; the same scores make the same files
 */
export async function writePublished(
  part: number,
  scores: readonly ClvScore[],
  as: PublishedAs,
  lake: ObjectStore,
): Promise<Readonly<Record<string, string>>> {
  const files: Record<string, string> = {};
  for (const tier of CLV_VALUE_TIERS) {
    const inTier = scores.filter((score) => score.tier === tier);
    if (inTier.length === 0) continue;
    for (const [key, bytes] of [
      [publishedKey(as.as_of, tier, part), parquetOf(inTier, as)],
      [listKey(as.as_of, tier, part), csvOf(inTier, as)],
    ] as const) {
      await lake.put(key, bytes);
      files[key] = createHash('sha256').update(bytes).digest('hex');
    }
  }
  return files;
}

function parquetOf(scores: readonly ClvScore[], as: PublishedAs): Uint8Array {
  const text = (name: string, of: (score: ClvScore) => string) =>
    ({ name, type: 'text', values: scores.map(of) }) as const;
  return parquetFile([
    text('customer_id', ({ customer_id }) => customer_id),
    ...NUMBERS.map((name) => ({
      name,
      type: 'double' as const,
      values: scores.map((score) => score[name]),
    })),
    text('reasons', ({ reasons }) => JSON.stringify(reasons)),
    text('model_version', () => as.model_version),
  ]);
}

function csvOf(scores: readonly ClvScore[], as: PublishedAs): Uint8Array {
  const lines = scores.map((score) => {
    const row = { ...score, ...as };
    return COLUMNS.map((column) => csvCell(row[column])).join(',');
  });
  return new TextEncoder().encode([COLUMNS.join(','), ...lines, ''].join('\r\n'));
}

/** As RFC 4180 has it. */
function csvCell(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
