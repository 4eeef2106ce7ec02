import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { type FormatName, readEvents, type SourceRow } from '../../local/read-events.ts';
import { UnreadableInput } from '../../shared/errors.ts';
import { realEvents, sourceFile, temporaryFolder } from './source-files.ts';

vi.setConfig({ testTimeout: 60_000 }); // whole files, on a machine that may be busy

const HEADER = 'timestamp,visitorid,event,itemid';
const ROWS = ['1430623510,1176,view,6768', '1430623535,1176,addtocart,6768'];

async function read(format: FormatName, ...paths: string[]) {
  const source = await readEvents(format, paths);
  const rows: SourceRow[] = [];
  for await (const row of source.rows) rows.push(row);
  return { rows, summary: source.summary(), files: source.files };
}

const products = (rows: readonly SourceRow[]) =>
  rows.map((row) => ('event' in row ? row.event['product_id'] : row.fault.reason));

describe('a file of events', () => {
  const text = [HEADER, ...ROWS, ''].join('\n');
  test.each<[string, string | Uint8Array]>([
    ['plain', text],
    ['compressed', gzipSync(text)],
    [
      'compressed in two members',
      Buffer.concat([gzipSync(text.slice(0, 40)), gzipSync(text.slice(40))]),
    ],
    ['with CR LF', text.replaceAll('\n', '\r\n')],
    ['with a byte order mark', `\uFEFF${text}`],
    ['with blank lines', text.replaceAll('\n', '\n\n')],
    ['with quoted cells', text.replaceAll('view', '"view"').replaceAll('6768', '"6768"')],
    ['with quoted column names', text.replace('itemid', '"itemid"')],
    [
      'with another order of columns',
      'itemid,event,visitorid,timestamp\n6768,view,1176,1430623510\n6768,addtocart,1176,1430623535\n',
    ],
    [
      'with a further column',
      'timestamp,visitorid,event,itemid,colour\n1430623510,1176,view,6768,red\n1430623535,1176,addtocart,6768,\n',
    ],
  ])('%s gives the same events', async (_, content) => {
    const { rows, summary } = await read('retailrocket', sourceFile(content));
    expect(rows).toMatchObject([
      { sourceRow: 1, event: { event_type: 'product_view', product_id: '6768' } },
      { sourceRow: 2, event: { event_type: 'add_to_cart', product_id: '6768' } },
    ]);
    expect(summary).toMatchObject({ rows: 2, bad: {}, oddities: {} });
  });

  test('is known by its content, compressed or not', async () => {
    const [plain, compressed] = [sourceFile(text), sourceFile(gzipSync(text), 'events.csv.gz')];
    const { files } = await read('retailrocket', plain, compressed);
    expect(files[0]?.digest).toBe(files[1]?.digest);
  });

  test('may hold no row', async () => {
    expect((await read('retailrocket', sourceFile(`${HEADER}\n`))).rows).toEqual([]);
  });
});

describe('a broken row', () => {
  test.each([
    ['a half last line', `${HEADER}\n${ROWS[0]}\n1430623535,1176,addto`, ['6768', 'column_count']],
    ['a cell too many', `${HEADER}\n${ROWS[0]},7\n${ROWS[1]}\n`, ['column_count', '6768']],
    [
      'a quote that never closes',
      `${HEADER}\n1,"2,view,3\n${ROWS.join('\n')}\n`,
      ['invalid_quotes', '6768', '6768'],
    ],
    ['a quote inside a cell', `${HEADER}\n1,2"2,"view,3\n${ROWS[1]}\n`, ['invalid_quotes', '6768']],
    [
      'an unknown event',
      `${HEADER}\n1430623510,1,wish,3\n${ROWS[1]}\n`,
      ['unknown_event_type', '6768'],
    ],
    [
      'a line of 100,000 characters',
      `${HEADER}\n${'9'.repeat(100_000)},1,view,3\n${ROWS[1]}\n`,
      ['row_too_long', '6768'],
    ],
    [
      'a line of a million characters at the end',
      `${HEADER}\n${ROWS[0]}\n${'9'.repeat(1_000_000)}`,
      ['6768', 'row_too_long'],
    ],
  ])('(%s) is counted and costs no other', async (_, content, expected) => {
    const { rows, summary } = await read('retailrocket', sourceFile(content));
    expect(products(rows)).toEqual(expected);
    const faults = expected.filter((reason) => reason.includes('_'));
    expect(summary.rows).toBe(expected.length);
    expect(summary.bad).toEqual(Object.fromEntries(faults.map((reason) => [reason, 1])));
  });

  test('keeps its text', async () => {
    const { rows } = await read('retailrocket', sourceFile(`${HEADER}\n1430623535,1176,addto`));
    expect(rows).toMatchObject([{ sourceRow: 1, text: '1430623535,1176,addto' }]);
  });

  test('a quoted cell may hold a line break and a comma', async () => {
    const content = `${HEADER}\n1430623510,"a,\nb",view,3\n${ROWS[1]}\n`;
    const { rows } = await read('retailrocket', sourceFile(content));
    expect(rows).toMatchObject([
      { sourceRow: 1, event: { anonymous_id: 'a,\nb' } },
      { sourceRow: 2, event: { anonymous_id: '1176' } },
    ]);
  });

  test('a whole last line without a line break is an event, and counted', async () => {
    const { rows, summary } = await read('retailrocket', sourceFile(`${HEADER}\n${ROWS[0]}`));
    expect(products(rows)).toEqual(['6768']);
    expect(summary.oddities).toEqual({ last_line_without_break: 1 });
  });

  test('half a last JSON line is a fault', async () => {
    const line = '{"event_type":"page_view","event_timestamp":"2026-03-01T10:00:00Z"}';
    const { rows } = await read('canonical', sourceFile(`${line}\n${line.slice(0, 30)}`));
    expect(rows).toMatchObject([
      { event: { event_type: 'page_view' } },
      { fault: { reason: 'invalid_json' } },
    ]);
  });

  test('anywhere in a file costs itself alone', async () => {
    const broken = fc.constantFrom('', ',,,', '"', 'a,"b', '1430623510,1,view', '\u0000', '""",x');
    const whole = fc
      .tuple(fc.integer({ min: 1, max: 9 }), fc.constantFrom('view', 'transaction'))
      .map(([visitor, event]) => `1430623510,${visitor},${event},7`);
    const lines = fc.array(fc.oneof(whole, broken), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(lines, async (content) => {
        const path = sourceFile([HEADER, ...content, ''].join('\n'));
        const { rows, summary } = await read('retailrocket', path);
        const events = rows.filter((row) => 'event' in row).length;
        const faults = Object.values(summary.bad).reduce((sum, count) => sum + count, 0);
        expect(events).toBe(content.filter((line) => /^\d+,\d,\w+,7$/.test(line)).length);
        expect(summary.rows).toBe(events + faults);
        expect(rows.map(({ sourceRow }) => sourceRow)).toEqual(rows.map((_, index) => index + 1));
      }),
      { numRuns: 50 },
    );
  });
});

describe('a file that cannot be read', () => {
  const compressed = gzipSync([HEADER, ...Array(5000).fill(ROWS[0])].join('\n'));
  const damaged = Buffer.from(compressed);
  damaged[damaged.length >> 1] = (damaged[damaged.length >> 1] as number) ^ 0xff;

  test.each<[string, FormatName, string | Uint8Array, RegExp]>([
    ['a truncated gzip', 'retailrocket', compressed.subarray(0, -20), /cut off or damaged/],
    ['a gzip cut in its header', 'retailrocket', compressed.subarray(0, 6), /cut off or damaged/],
    ['a gzip with a flipped byte', 'retailrocket', damaged, /cut off or damaged/],
    ['an empty file', 'retailrocket', '', /is empty/],
    ['blank lines only', 'retailrocket', '\n\n', /blank lines only/],
    [
      'a table without two columns',
      'retailrocket',
      'timestamp,event\n1,view\n',
      /no column visitorid, itemid/,
    ],
    [
      'a table of another format',
      'rees46',
      `${HEADER}\n`,
      /no column event_time, .*timestamp,visitorid/,
    ],
    ['a table as JSON lines', 'canonical', `${HEADER}\n`, /holds no JSON lines/],
    [
      'JSON lines as a table',
      'retailrocket',
      '{"event_type":"page_view"}\n',
      /no column timestamp/,
    ],
  ])(
    '(%s) is refused before a row is taken, with the file and the cause',
    async (_, format, content, cause) => {
      const path = sourceFile(content);
      const opening = readEvents(format, [path]);
      await expect(opening).rejects.toThrow(UnreadableInput);
      await expect(opening).rejects.toThrow(path);
      await expect(opening).rejects.toThrow(cause);
    },
  );

  test('a directory is refused', async () => {
    await expect(readEvents('retailrocket', [temporaryFolder()])).rejects.toThrow(/a directory/);
  });

  test('an absent file is refused though the ones before it are whole', async () => {
    const path = sourceFile(`${HEADER}\n`);
    await expect(readEvents('retailrocket', [path, `${path}.gone`])).rejects.toThrow(
      /no such file/,
    );
  });
});

describe('several files', () => {
  const at = (seconds: number, item: string) => `${1_430_000_000 + seconds},1,view,${item}`;

  test('are merged by time, the earlier named first in a tie', async () => {
    const left = sourceFile([HEADER, at(1, 'a'), at(3, 'b'), at(5, 'c'), ''].join('\n'));
    const right = sourceFile([HEADER, at(2, 'd'), at(3, 'e'), at(9, 'f'), ''].join('\n'));
    const { rows, summary } = await read('retailrocket', left, right);
    expect(products(rows)).toEqual(['a', 'd', 'b', 'e', 'c', 'f']);
    expect(rows.map(({ file, sourceRow }) => [file.path, sourceRow])).toEqual([
      [left, 1],
      [right, 1],
      [left, 2],
      [right, 2],
      [left, 3],
      [right, 3],
    ]);
    expect(summary).toMatchObject({ rows: 6, out_of_order: 0, same_time: 1 });
  });

  test('each keeps its own order, and what is out of order is counted', async () => {
    const path = sourceFile([HEADER, at(9, 'a'), at(1, 'b'), at(9, 'c'), ''].join('\n'));
    const { rows, summary } = await read('retailrocket', path);
    expect(products(rows)).toEqual(['a', 'b', 'c']);
    expect(summary.out_of_order).toBe(1);
  });
});

/** The figures of the data's own description. */
describe('the real files', () => {
  test.for<[FormatName, string, object]>([
    [
      'retailrocket',
      'retailrocket-sample',
      {
        rows: 4145,
        events: { product_view: 3761, add_to_cart: 332, purchase: 52 },
        bad: {},
        duplicates: 3,
        out_of_order: 0,
        oddities: {},
        from: '2015-05-03T06:54:22.541Z',
        to: '2015-08-10T23:22:18.894Z',
        visitors: 842,
        busiest_visitor_events: 564,
        orders: 40,
        sessions: { all: 1128, buying: 35, with_cart: 142 },
      },
    ],
    [
      'retailrocket',
      'retailrocket-buyers',
      {
        rows: 75_168,
        events: { product_view: 58_448, add_to_cart: 9517, purchase: 7203 },
        bad: {},
        duplicates: 0,
        out_of_order: 0,
        oddities: { order_id_derived: 7203 },
        from: '2015-05-03T03:25:10.000Z',
        to: '2015-08-10T23:59:29.000Z',
        visitors: 1730,
        busiest_visitor_events: 3718,
        sessions: {
          all: 11_889,
          buying: 3197,
          with_cart: 3941,
          of_one_event: 4265,
          beginning_with_purchase: 290,
        },
      },
    ],
    [
      'rees46',
      'rees46-2019-10-01',
      {
        rows: 12_950,
        events: { product_view: 12_675, add_to_cart: 119, purchase: 156 },
        bad: {},
        duplicates: 3,
        out_of_order: 0,
        oddities: {
          category_missing: 4227,
          brand_missing: 1833,
          price_zero: 14,
          order_id_derived: 156,
        },
        from: '2019-10-01T00:00:00.000Z',
        to: '2019-10-01T02:50:00.000Z',
        visitors: 3379,
        sessions: { all: 3793, buying: 147, buying_without_cart: 102, of_one_event: 1559 },
      },
    ],
  ])('%s %s hold what their description says', async ([format, set, expected], { skip }) => {
    const path = realEvents(set);
    if (path === null) return skip(`${set} is not at hand`);
    expect((await read(format, path)).summary).toMatchObject(expected);
  });
});
