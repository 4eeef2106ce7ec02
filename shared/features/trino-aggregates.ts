import { InvalidFeatureDefinition } from '../errors.ts';
import type { Aggregate, Filter } from '../schemas/feature-view.ts';
import { FIELDS } from '../schemas/feature-vocabulary.ts';
import { DAY_MS } from './day-tiles.ts';
import { canonicalJson } from './definition-digest.ts';
import { SUM_UNITS } from './fold-plan.ts';
import { categorySql, doubleLiteral, fieldSql, textLiteral } from './trino-fields.ts';

/** Rows of one relation a value and entity, and the columns counted over them. */
interface ValueCount {
  readonly name: string;
  readonly rows: string;
  readonly columns: string[];
}

/**
 * The aggregations of a view, each a column once: most over the occurrences of an entity, distinct
 * counts over its values, and `most_frequent` a relation of its own.
 */
export class TrinoAggregates {
  readonly #date: number;
  readonly #columns: string[] = [];
  readonly #counts = new Map<string, ValueCount>();
  readonly #favourites: string[] = [];
  readonly #known = new Map<string, string>();

  /** @param date midnight UTC that the view is as of, epoch milliseconds */
  constructor(date: number) {
    this.#date = date;
  }

  /** @returns the column of an aggregation: a DOUBLE, or text of a category */
  columnOf(aggregate: Aggregate): string {
    const key = canonicalJson(aggregate);
    let sql = this.#known.get(key);
    if (sql === undefined) {
      sql = this.#add(aggregate);
      this.#known.set(key, sql);
    }
    return sql;
  }

  /** Common table expressions over `occurrences`, the first of them `aggregates`. */
  relations(): readonly string[] {
    const columns = ['entity', ...this.#columns].join(',\n    ');
    const counts = [...this.#counts.values()].flatMap((count) => [
      `${count.name}_values AS (\n  ${count.rows}\n)`,
      `${count.name} AS (\n  SELECT entity, ${count.columns.join(', ')}\n  FROM ${count.name}_values\n  GROUP BY entity\n)`,
    ]);
    return [
      `aggregates AS (\n  SELECT ${columns}\n  FROM occurrences\n  GROUP BY entity\n)`,
      ...counts,
      ...this.#favourites,
    ];
  }

  /** The relations beside `aggregates`, each with one row an entity at most. */
  joins(): readonly string[] {
    return [
      ...[...this.#counts.values()].map(({ name }) => name),
      ...this.#favourites.map((_, index) => `favourite_${index + 1}`),
    ].map((name) => `LEFT JOIN ${name} ON ${name}.entity = aggregates.entity`);
  }

  #add(aggregate: Aggregate): string {
    const { function: name, of } = aggregate;
    const where = conditions(aggregate, this.#begin(aggregate));
    if (name === 'distinct_count') return this.#distinct(aggregate);
    if (name === 'most_frequent') return this.#favourite(aggregate, where);
    if (of === undefined) {
      const count = this.#column(`count(*)${filtered(where)}`);
      return name === 'exists' ? `CASE WHEN ${count} > 0 THEN 1E0 ELSE 0E0 END` : count;
    }
    const field = fieldSql(of);
    const present = filtered([...where, `${field} IS NOT NULL`]);
    const sum = () =>
      `${this.#column(`coalesce(sum(round(${field} * ${doubleLiteral(SUM_UNITS)}))${filtered(where)}, 0E0)`, 'number')} / ${doubleLiteral(SUM_UNITS)}`;
    const count = () => this.#column(`count(${field})${filtered(where)}`);
    switch (name) {
      case 'count':
        return count();
      case 'exists':
        return `CASE WHEN ${count()} > 0 THEN 1E0 ELSE 0E0 END`;
      case 'sum':
        return sum();
      case 'mean':
        return `${sum()} / nullif(${count()}, 0E0)`;
      case 'min':
      case 'max':
        return this.#column(`${name}(${field})${filtered(where)}`, FIELDS[of]);
      case 'first':
        return this.#column(`min_by(${field}, order_key)${present}`, FIELDS[of]);
      case 'last': {
        const last = aggregate.back === 1 ? 2 : 1;
        const list = `max_by(${field}, order_key, 2)${present}`;
        return this.#column(`element_at(${list}, ${last})`, FIELDS[of]);
      }
    }
  }

  #column(sql: string, type: 'number' | 'time' | 'category' = 'number'): string {
    const typed = type === 'category' ? sql : `CAST(${sql} AS DOUBLE)`;
    const known = this.#columns.findIndex((column) => column.startsWith(`${typed} AS `));
    if (known >= 0) return `a${known + 1}`;
    this.#columns.push(`${typed} AS a${this.#columns.length + 1}`);
    return `a${this.#columns.length}`;
  }

  /** A value counts on the first day that has it, as in the fold. */
  #distinct(aggregate: Aggregate): string {
    const field = fieldOf(aggregate);
    const where = [...conditions(aggregate, null), `${field} IS NOT NULL`].join(' AND ');
    const rows = `SELECT entity, ${field} AS value, min(event_time) AS first_time\n  FROM occurrences\n  WHERE ${where}\n  GROUP BY entity, ${field}`;
    let count = this.#counts.get(rows);
    if (count === undefined) {
      count = { name: `distinct_${this.#counts.size + 1}`, rows, columns: [] };
      this.#counts.set(rows, count);
    }
    const begin = this.#begin(aggregate);
    const column = `d${count.columns.length + 1}`;
    const counted = begin === null ? 'count(*)' : `count_if(first_time >= ${begin})`;
    count.columns.push(`CAST(${counted} AS DOUBLE) AS ${column}`);
    return `coalesce(${count.name}.${column}, 0E0)`;
  }

  /** Of values equally frequent, the first by code point. */
  #favourite(aggregate: Aggregate, where: readonly string[]): string {
    const field = fieldOf(aggregate);
    const name = `favourite_${this.#favourites.length + 1}`;
    this.#favourites.push(
      `${name} AS (
  SELECT entity, value
  FROM (
    SELECT entity, ${field} AS value,
      row_number() OVER (PARTITION BY entity ORDER BY count(*) DESC, ${field}) AS place
    FROM occurrences
    WHERE ${[...where, `${field} IS NOT NULL`].join(' AND ')}
    GROUP BY entity, ${field}
  ) ranked
  WHERE place = 1
)`,
    );
    return `${name}.value`;
  }

  /** First millisecond of the window, null of a lifetime. */
  #begin({ window, entity }: Aggregate): number | null {
    if (window.kind === 'session')
      throw new InvalidFeatureDefinition(`a ${entity} of a session is kept by the stream`);
    return window.kind === 'lifetime' ? null : this.#date - window.days * DAY_MS;
  }
}

function fieldOf({ of, function: name }: Aggregate): string {
  if (of === undefined) throw new InvalidFeatureDefinition(`${name} names no field`);
  return fieldSql(of);
}

function conditions({ where }: { readonly where: Filter }, begin: number | null): string[] {
  const listed = (texts: readonly string[]) => texts.map(textLiteral).join(', ');
  const oneOf = (field: string, texts: readonly string[]) =>
    texts.length === 1 ? `${field} = ${listed(texts)}` : `${field} IN (${listed(texts)})`;
  return [
    ...(where.event_types === undefined ? [] : [oneOf('event_type', where.event_types)]),
    ...(begin === null ? [] : [`event_time >= ${begin}`]),
    ...(where.conditions ?? []).map((condition) => {
      if (condition.test === 'not_null') return `${fieldSql(condition.field)} IS NOT NULL`;
      const field = categorySql(condition.field);
      const list = listed(condition.values);
      return condition.test === 'in'
        ? oneOf(field, condition.values)
        : `(${field} IS NULL OR ${field} NOT IN (${list}))`;
    }),
  ];
}

function filtered(where: readonly string[]): string {
  return where.length === 0 ? '' : ` FILTER (WHERE ${where.join(' AND ')})`;
}
