import { InvalidFeatureDefinition } from '../errors.ts';
import type { Aggregate, Expression } from '../schemas/feature-view.ts';
import { DAY_MS } from './day-tiles.ts';
import { doubleLiteral, textLiteral } from './trino-fields.ts';

export interface ReadOfLake {
  /** Midnight UTC that the view is as of, epoch milliseconds. */
  readonly at: number;
  /** The shop's IANA time zone. */
  readonly timeZone: string;
  /** Column of an aggregation. */
  readonly columnOf: (aggregate: Aggregate) => string;
}

/**
 * A derivation as a Trino expression over the columns of its aggregations: a DOUBLE, or text of a
 * category; NULL where the fold reads missing.
 * @throws InvalidFeatureDefinition for a roll-up: only the stream keeps the products of a session
 */
export function expressionSql(expression: Expression, read: ReadOfLake): string {
  const sql = (operand: Expression) => expressionSql(operand, read);
  switch (expression.kind) {
    case 'aggregate':
      return read.columnOf(expression);
    case 'constant':
      return doubleLiteral(expression.value);
    case 'ratio': {
      const { of, per } = expression.prior ?? { of: 0, per: 0 };
      const denominator = plus(sql(expression.per), per);
      return `CASE WHEN ${denominator} > 0 THEN (${plus(sql(expression.of), of)}) / (${denominator}) END`;
    }
    case 'difference': {
      const difference = [expression.of, ...expression.minus].map(sql).join(' - ');
      if (expression.at_least === undefined) return `(${difference})`;
      const least = doubleLiteral(expression.at_least);
      return `CASE WHEN ${difference} < ${least} THEN ${least} ELSE ${difference} END`;
    }
    case 'elapsed':
      return elapsed(sql(expression.from), sql(expression.to), expression.unit);
    case 'time_since':
      return elapsed(sql(expression.of), doubleLiteral(read.at), expression.unit);
    case 'equals':
      return `CASE WHEN ${sql(expression.of)} = ${textLiteral(expression.value)} THEN 1E0 ELSE 0E0 END`;
    case 'clock_part': {
      const time = sql(expression.of);
      const clock = `at_timezone(from_unixtime(${time} / 1000E0), ${textLiteral(read.timeZone)})`;
      return expression.part === 'hour_of_day'
        ? `CAST(hour(${clock}) AS DOUBLE)`
        : `CASE WHEN day_of_week(${clock}) >= 6 THEN 1E0 WHEN ${time} IS NOT NULL THEN 0E0 END`;
    }
    case 'roll_up':
      throw new InvalidFeatureDefinition('the products of a session are rolled up by the stream');
  }
}

function plus(sql: string, amount: number): string {
  return amount === 0 ? sql : `${sql} + ${doubleLiteral(amount)}`;
}

function elapsed(from: string, to: string, unit: 'seconds' | 'days'): string {
  const length = doubleLiteral(unit === 'days' ? DAY_MS : 1000);
  return `CASE WHEN ${to} > ${from} THEN (${to} - ${from}) / ${length} WHEN ${to} <= ${from} THEN 0E0 END`;
}
