/** What this emulator is known not to do, and where it is proven instead. Met by probes, not assumed. */
const LIMITS = {
  'gives up on a record by itself':
    'here by the embedded platform’s delivery over the deployed function, mapping and queue',
  'puts deliveries into one compressed file': 'test:template (settings); embedded platform (lines)',
  'throttles requests': 'test:template (the limits); only AWS enforces them',
  'writes access logs': 'test:template (format, no addresses); only AWS writes them',
  'refuses plain HTTP': 'test:template (policies)',
  'makes metrics of log lines': 'unit tests of the handlers (EMF lines)',
  'waits for slow schedules': 'unit tests of the functions; embedded platform (schedules)',
  'reads properties back': 'cfn-lint and rules of test:template',
  'knows every resource type': 'cfn-lint and rules of test:template',
} as const;

type Limit = keyof typeof LIMITS;

/** Collects, for one table at the end, what a run could not prove and what it had to change. */
export function openFindings() {
  const rows: (readonly string[])[] = [];
  const changes: (readonly string[])[] = [];
  return {
    /** @param seen what showed it */
    notProven(limit: Limit, seen: string): void {
      rows.push([`never ${limit}`, seen, LIMITS[limit]]);
    },
    changed(what: string, why: string): void {
      changes.push([what, why]);
    },
    print(emulator: string): void {
      const text = [
        '',
        `Not proven here (${emulator}):`,
        ...table(['the emulator', 'seen', 'proven by'], rows),
        '',
        'Not as it is for AWS:',
        ...table(['changed', 'because'], changes),
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
