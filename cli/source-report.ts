import type { SourceSummary } from '../shared/domain/source-summary.ts';

/** What files held, for a person. */
export function sourceReport(source: SourceSummary): string {
  const { sessions } = source;
  const lines = [
    ['rows', `${source.rows}`],
    ['time', `${source.from ?? 'never'} to ${source.to ?? 'never'}`],
    ['events', counts(source.events)],
    ['no events', counts(source.bad)],
    ['oddities', counts(source.oddities)],
    ['repeated rows', `${source.duplicates}`],
    [
      'order',
      `${source.out_of_order} out of order, ${source.same_time} at the time of the one before`,
    ],
    ['visitors', `${source.visitors}, the busiest with ${source.busiest_visitor_events} events`],
    ['orders', `${source.orders}`],
    [
      'sessions',
      `${sessions.all}: ${sessions.of_one_event} of one event, ${sessions.with_cart} with a cart, ` +
        `${sessions.buying} buying (${sessions.buying_without_cart} without a cart, ` +
        `${sessions.beginning_with_purchase} begin with it), ${sessions.open_at_end} open at the end`,
    ],
  ];
  return table(lines);
}

/** Two aligned columns. */
export function table(lines: readonly (readonly string[])[]): string {
  const width = Math.max(...lines.map(([name = '']) => name.length));
  return lines.map(([name = '', value = '']) => `  ${name.padEnd(width)}  ${value}\n`).join('');
}

export function counts(named: Readonly<Record<string, number>>): string {
  const entries = Object.entries(named);
  if (entries.length === 0) return 'none';
  return entries.map(([name, count]) => `${count} ${name}`).join(', ');
}
