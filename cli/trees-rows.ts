import type { Command } from 'commander';
import type { NumberColumn, TableRows } from '../local/read-table.ts';
import { progressLine } from './progress.ts';

/** What `predict` and `explain` are told alike. */
export interface ScoringFlags {
  readonly out?: string;
  readonly keep?: string;
  readonly categories?: string;
  readonly json?: boolean;
}

export function scoringOptions(command: Command): Command {
  return command
    .option('--out <file>', 'write the rows to this CSV or Parquet file')
    .option('--keep <columns>', 'copy these columns of the file, comma-separated')
    .option(
      '--categories <file>',
      'JSON, the texts of categorical columns (default: <model>.categories.json, if it is there)',
    )
    .option('--json', 'print a summary as JSON');
}

export interface WalkedRows {
  readonly rows: number;
  /** Texts of categorical columns that the model does not know: they count as missing. */
  readonly unknown_categories: Readonly<Record<string, number>>;
}

export async function walkRows(
  parts: AsyncGenerator<TableRows>,
  columns: readonly NumberColumn[],
  take: (rows: TableRows) => Promise<void>,
): Promise<WalkedRows> {
  const progress = progressLine();
  const unknown = new Float64Array(columns.length);
  let rows = 0;
  try {
    for await (const part of parts) {
      await take(part);
      rows += part.count;
      for (const [column, count] of part.unknown.entries())
        unknown[column] = (unknown[column] as number) + count;
      progress.show(`${rows} rows`);
    }
  } finally {
    progress.end();
  }
  const strangers = columns.map(({ name }, column) => [name, unknown[column] as number] as const);
  return {
    rows,
    unknown_categories: Object.fromEntries(strangers.filter(([, count]) => count > 0)),
  };
}

interface ScoringSummary extends WalkedRows {
  readonly model: string;
  readonly file: string;
  readonly kernel: string;
}

/** On stdout, unless the rows are there. */
export function scoringReport(summary: ScoringSummary, { out, json }: ScoringFlags): void {
  const { rows, file, kernel, unknown_categories } = summary;
  const told = [
    `${rows} rows of ${file} (${kernel})${out === undefined ? '' : `: ${out}`}`,
    ...Object.entries(unknown_categories).map(
      ([column, count]) => `${column}: ${count} cells hold no known category and count as missing`,
    ),
  ];
  const text = json ? JSON.stringify({ ...summary, out: out ?? null }) : told.join('\n');
  (out === undefined ? process.stderr : process.stdout).write(`${text}\n`);
}
