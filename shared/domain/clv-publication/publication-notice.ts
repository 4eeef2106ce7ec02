import { CLV_VALUE_TIERS, type ClvPublication } from '../../schemas/clv.ts';
import type { ClvDrift } from './drift.ts';

/** What the people who run the platform are told of a publication; names nobody. */
export function publicationNotice(publication: ClvPublication, drift: ClvDrift | null) {
  const { as_of, counts, totals, tiers, horizon_days, model_version, checks } = publication;
  const perTier = CLV_VALUE_TIERS.toReversed().map((tier) => {
    const { customers, predicted_value, from } = tiers[tier];
    return `${tier}: ${customers} customers, ${money(predicted_value)}${from === null ? '' : `, from ${money(from)}`}`;
  });
  return {
    severity: drift?.level === 'major' ? ('medium' as const) : ('low' as const),
    subject: `Customer values as of ${as_of}: ${counts.customers} customers${drift?.level === 'major' ? ', major drift' : ''}`,
    body: [
      `Published: what ${counts.customers} customers are expected to spend in the ${horizon_days} days from ${as_of}, by model ${model_version}.`,
      `In total ${money(totals.predicted_value)}, ${money(totals.mean_value)} each, in ${totals.expected_purchases.toFixed(0)} purchases.`,
      ...perTier,
      ...(drift === null ? ['Nothing was published before.'] : driftLines(drift)),
      'Checked:',
      ...checks.map(({ check, text }) => `- ${check}: ${text}`),
      '',
    ].join('\n'),
  };
}

function driftLines({ previous_as_of, psi, level, mean_change, moved, migration }: ClvDrift) {
  const { low, medium, high } = migration.new;
  return [
    `Since ${previous_as_of}: mean ${(mean_change * 100).toFixed(1)} %, PSI ${psi.toFixed(3)} (${level}), ${moved === null ? 'no customer in both' : `${(moved * 100).toFixed(1)} % changed tier`}, ${low + medium + high} customers new.`,
  ];
}

function money(value: number): string {
  return value.toFixed(2);
}
