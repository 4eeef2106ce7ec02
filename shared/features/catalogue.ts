import type { Aggregate, Expression } from '../schemas/feature-view.ts';
import { aggregatesOf } from './accumulators.ts';
import { definitionDigest } from './definition-digest.ts';
import { featureViews } from './definitions.ts';
import { expressionType } from './expression-type.ts';
import { featureName } from './feature-name.ts';

export interface CatalogueEntry {
  /** Its name in vectors and manifests. */
  readonly name: string;
  readonly version: number;
  readonly view: string;
  readonly type: 'number' | 'category';
  readonly unit: string;
  /** What it reads where nothing was recorded: 0, or missing (null). */
  readonly null_rule: 'zero' | 'missing';
  /** E.g. `session`, `lifetime`, `90 days`. */
  readonly window: string;
  readonly computed_by: 'stream' | 'batch';
  /** True: depends on the moment of the read, so not a model input. */
  readonly online_only: boolean;
  /** SHA-256 of the definition. */
  readonly digest: string;
  readonly description: string;
}

const entries: readonly CatalogueEntry[] = featureViews.flatMap((view) =>
  view.features.map((feature) => ({
    name: featureName(view, feature),
    version: feature.version,
    view: view.entity,
    type: expressionType(feature.value, view.entity) as CatalogueEntry['type'],
    unit: feature.unit,
    null_rule: canBeMissing(feature.value) ? ('missing' as const) : ('zero' as const),
    window: [...new Set(aggregatesOf(feature.value).map(windowName))].join(', '),
    computed_by: feature.computed_by,
    online_only: feature.online_only,
    digest: definitionDigest(view, feature),
    description: feature.description,
  })),
);

/** Every feature of the lexicon, in the order of its definition. */
export function catalogue(): readonly CatalogueEntry[] {
  return entries;
}

/** Digest of the definition by feature name: what a model's manifest is checked against. */
export function definitionDigests(): ReadonlyMap<string, string> {
  return new Map(entries.map(({ name, digest }) => [name, digest]));
}

function windowName({ window }: Aggregate): string {
  return window.kind === 'trailing' ? `${window.days} days` : window.kind;
}

/** Of an entity that exists; a user or product never seen reads all missing. */
function canBeMissing(value: Expression): boolean {
  switch (value.kind) {
    case 'aggregate':
      return !['count', 'sum', 'exists', 'distinct_count'].includes(value.function);
    case 'ratio':
      return value.prior === undefined || canBeMissing(value.of) || canBeMissing(value.per);
    case 'difference':
      return [value.of, ...value.minus].some(canBeMissing);
    case 'constant':
    case 'equals':
    case 'roll_up':
      return false;
    default:
      return true;
  }
}
