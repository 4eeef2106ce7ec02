import * as z from 'zod';
import type { ObjectReader, ObjectStore } from '../../ports.ts';
import type { ClvPublication } from '../../schemas/clv.ts';
import { manifest } from '../../schemas/model.ts';
import { modelFileKey } from '../model-folder.ts';
import { DAY_MS, valueBetween } from '../orders/customer-as-of.ts';
import { partBook } from './gathered-orders.ts';
import {
  type ClvPerformance,
  clvPerformance,
  type Outcome,
  type PerformanceDrop,
  performanceDrops,
} from './proxies.ts';
import { readPublication } from './publication.ts';
import { MANIFESTS, outcomesKey, partTotalsKey } from './publication-keys.ts';
import { publishedRows } from './published-tiers.ts';
import { midnightOf } from './score-part.ts';

/** Days after which a prediction of a year is held against what came so far. */
const PROXY_DAYS = 30;

const performance = z.strictObject({
  customers: z.number(),
  buyers: z.number(),
  spearman: z.number().nullable(),
  gini: z.number().nullable(),
  rmse: z.number().nullable(),
});

const outcome = z.strictObject({
  as_of: z.string(),
  model_version: z.string(),
  horizon_days: z.number(),
  /** Against the 30 days after it. */
  proxy: performance,
  /** Against its whole horizon; null until that is over. */
  whole: performance.nullable(),
});
/** How the predictions of a published day turned out. */
type ClvOutcome = z.infer<typeof outcome>;

export interface MeasuredOutcomes {
  /** Every published day that was ever measured, by day. */
  readonly outcomes: readonly ClvOutcome[];
  /** Days measured just now. */
  readonly measured: readonly string[];
  /** Of the days measured now, what is 20 % worse than when their model was released. */
  readonly drops: readonly (PerformanceDrop & {
    readonly as_of: string;
    readonly model_version: string;
    readonly window: 'proxy' | 'whole';
  })[];
}

/**
 * Holds published predictions against the orders that came after them, as the newest publication has
 * gathered them: after 30 days, and when a horizon is over.
 * @throws InvalidPublication
 */
export async function measureOutcomes(
  newest: ClvPublication,
  lake: ObjectStore,
  models: ObjectReader,
): Promise<MeasuredOutcomes> {
  const until = midnightOf(newest.as_of);
  const outcomes: ClvOutcome[] = [];
  const measured: string[] = [];
  const drops: MeasuredOutcomes['drops'][number][] = [];
  for await (const key of lake.list(MANIFESTS)) {
    const asOf = key.slice(MANIFESTS.length, -'.json'.length);
    const at = midnightOf(asOf);
    if (at + PROXY_DAYS * DAY_MS > until) continue;
    const known = await knownOutcome(asOf, lake);
    const publication = await readPublication(asOf, lake);
    if (publication === null) continue; // deleted since it was listed
    const isOver = at + publication.horizon_days * DAY_MS <= until;
    if (known !== null && (known.whole !== null || !isOver)) {
      outcomes.push(known);
      continue;
    }
    const measure = (days: number, isWhole: boolean) =>
      performanceOf(publication, newest.run_id, { at, days, until, isWhole }, lake);
    const turnedOut: ClvOutcome = {
      as_of: asOf,
      model_version: publication.model_version,
      horizon_days: publication.horizon_days,
      proxy: known?.proxy ?? (await measure(PROXY_DAYS, false)),
      whole: isOver ? await measure(publication.horizon_days, true) : null,
    };
    const first = outcomes.find((one) => one.model_version === turnedOut.model_version);
    for (const [window, now, before] of [
      ['proxy', turnedOut.proxy, known === null ? first?.proxy : undefined],
      ['whole', turnedOut.whole, await releaseMetrics(publication.model_version, models)],
    ] as const)
      for (const drop of performanceDrops(now ?? {}, before ?? {}))
        drops.push({ as_of: asOf, model_version: publication.model_version, window, ...drop });
    await lake.put(outcomesKey(asOf), new TextEncoder().encode(`${JSON.stringify(turnedOut)}\n`));
    outcomes.push(turnedOut);
    measured.push(asOf);
  }
  return { outcomes, measured, drops };
}

async function performanceOf(
  publication: ClvPublication,
  run: string,
  span: {
    readonly at: number;
    readonly days: number;
    readonly until: number;
    readonly isWhole: boolean;
  },
  lake: ObjectStore,
): Promise<ClvPerformance> {
  const spent = new Map<string, number>();
  let part = 0;
  for await (const _ of lake.list(partTotalsKey(run, null))) {
    const { customers } = await partBook(run, part++, span.until, lake);
    for (const customer of customers)
      spent.set(customer.id, valueBetween(customer, span.at, span.at + span.days * DAY_MS));
  }
  const rows = await publishedRows(publication, lake);
  const outcomes = rows.map(
    ({ customer_id, predicted_value }): Outcome => ({
      predicted: predicted_value,
      actual: spent.get(customer_id) ?? 0,
    }),
  );
  return clvPerformance(outcomes, span.isWhole);
}

async function knownOutcome(asOf: string, lake: ObjectStore): Promise<ClvOutcome | null> {
  const bytes = await lake.get(outcomesKey(asOf));
  return bytes === null ? null : outcome.parse(JSON.parse(new TextDecoder().decode(bytes)));
}

/** Measured on later days before the version was registered; none where its folder is gone. */
async function releaseMetrics(version: string, models: ObjectReader) {
  const bytes = await models.get(modelFileKey('clv', version, 'manifest'));
  if (bytes === null) return {};
  const { metrics } = manifest.parse(JSON.parse(new TextDecoder().decode(bytes)));
  const of = (name: string) => metrics[name]?.value ?? null;
  return { spearman: of('spearman'), gini: of('gini'), rmse: of('rmse') };
}
