/** What this emulator is known not to do, and where it is proven instead. */
const LIMITS = {
  'a resource type': 'cfn-lint and rules of test:template',
  'properties as deployed': 'cfn-lint and rules of test:template',
  'giving up on a record':
    'here, with local/lane.ts for Lambda; test/local/event-source-mapping.test.ts',
  'compressed files of many records': 'test:template (settings)',
  throttling: 'test:template (settings)',
  'access logs': 'test:template (format)',
  'metrics from log lines': 'unit tests of the handlers',
  'errors by their names': 'test/machines with the same definitions; test/runtime of the steps',
  'a job of another service': 'test/machines, test/batch, test/clv-publication with stand-ins',
  'schedules slower than a minute': 'unit tests of the functions',
  'speed, memory, concurrency, encryption, tracing': 'foresight smoke and load, once deployed',
} as const;

type Limit = keyof typeof LIMITS;

/** Collects, for one table at the end, what a run could not prove and what it had to change. */
export function openFindings() {
  const rows: (readonly string[])[] = [];
  const changes: (readonly string[])[] = [];
  return {
    /** @param seen what showed it */
    notProven(limit: Limit, seen: string): void {
      rows.push([limit, seen, LIMITS[limit]]);
    },
    changed(what: string, why: string): void {
      changes.push([what, why]);
    },
    print(emulator: string): void {
      const text = [
        '',
        `Not proven here (${emulator}):`,
        ...table(['what', 'seen', 'proven by'], rows),
        '',
        'Changed for the emulator:',
        ...table(['change', 'because'], changes),
        '',
      ];
      process.stdout.write(`${text.join('\n')}\n`);
    },
  };
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(' | ')
      .trimEnd();
  return [line(head), widths.map((width) => '-'.repeat(width)).join('-|-'), ...rows.map(line)];
}
