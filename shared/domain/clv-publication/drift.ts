import {
  populationStabilityIndex,
  type StabilityLevel,
  stabilityLevel,
} from '../../math/population-stability-index.ts';
import { CLV_VALUE_TIERS, type ClvPublication, type ClvValueTier } from '../../schemas/clv.ts';

/** Rows: the tier of the week before; columns: now. */
type TierMigration = Readonly<
  Record<ClvValueTier | 'new', Readonly<Record<ClvValueTier | 'gone', number>>>
>;

export interface ClvDrift {
  readonly as_of: string;
  readonly previous_as_of: string;
  /** Of the predicted value, over the bins of both publications. */
  readonly psi: number;
  readonly level: StabilityLevel;
  readonly mean_change: number;
  readonly migration: TierMigration;
  /** Of the customers of both weeks, the share whose tier changed; null where there is none. */
  readonly moved: number | null;
}

/** Compares two publications. @param tierOf customer → tier, of each */
export function clvDrift(
  previous: ClvPublication,
  current: ClvPublication,
  tierOf: {
    readonly previous: ReadonlyMap<string, ClvValueTier>;
    readonly current: ReadonlyMap<string, ClvValueTier>;
  },
): ClvDrift {
  const { psi } = populationStabilityIndex(
    previous.distribution.customers,
    current.distribution.customers,
  );
  const migration = migrationOf(tierOf.previous, tierOf.current);
  const both = CLV_VALUE_TIERS.flatMap((from) =>
    CLV_VALUE_TIERS.map((to) => ({ moved: from !== to, customers: migration[from][to] })),
  );
  const stayed = sumOf(both.filter(({ moved }) => !moved));
  const all = sumOf(both);
  const mean = previous.totals.mean_value;
  return {
    as_of: current.as_of,
    previous_as_of: previous.as_of,
    psi,
    level: stabilityLevel(psi),
    mean_change: mean === 0 ? 0 : current.totals.mean_value / mean - 1,
    migration,
    moved: all === 0 ? null : 1 - stayed / all,
  };
}

function sumOf(cells: readonly { readonly customers: number }[]): number {
  return cells.reduce((sum, { customers }) => sum + customers, 0);
}

function migrationOf(
  previous: ReadonlyMap<string, ClvValueTier>,
  current: ReadonlyMap<string, ClvValueTier>,
): TierMigration {
  const row = () => ({ low: 0, medium: 0, high: 0, gone: 0 });
  const matrix = { low: row(), medium: row(), high: row(), new: row() };
  for (const [customer, tier] of current) matrix[previous.get(customer) ?? 'new'][tier]++;
  for (const [customer, tier] of previous) if (!current.has(customer)) matrix[tier].gone++;
  return matrix;
}
