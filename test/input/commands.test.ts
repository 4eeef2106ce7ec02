import { expect, test, vi } from 'vitest';
import { register as registerBadRows } from '../../cli/bad-rows.ts';
import { register as registerImport } from '../../cli/import.ts';
import { register as registerReplay } from '../../cli/replay.ts';
import { useEnvironment } from '../../local/environment.ts';
import { readProjectWiring } from '../../local/project.ts';
import { printedBy } from '../printed-by.ts';
import { sourceFile, temporaryFolder } from './source-files.ts';

vi.setConfig({ testTimeout: 60_000 }); // whole files, on a machine that may be busy

const wiring = readProjectWiring('dev');

/** What a command printed, in this process. */
async function foresight(dataDir: string, ...words: string[]): Promise<string> {
  useEnvironment(wiring, dataDir);
  return await printedBy([registerImport, registerReplay, registerBadRows], words);
}

const TABLE = [
  'timestamp,visitorid,event,itemid',
  '1430623510,1176,view,6768',
  '1430623511,1176,wish,6768',
  `1430623512,${'9'.repeat(10_000)},view,6768`,
  '1430623513,1176,vi',
].join('\n');

test('what cannot be imported is listed and shown', async () => {
  const dataDir = temporaryFolder();
  const json = async (...words: string[]) => JSON.parse(await foresight(dataDir, ...words));
  expect(await json('import', 'retailrocket', sourceFile(TABLE), '--json')).toMatchObject({
    rows: 4,
    accepted: 1,
    refused: 1,
    bad: 2,
    processed: 1,
  });
  const { reasons, rows } = await json('bad-rows', 'list', '--json');
  expect(reasons).toHaveLength(3);
  expect(reasons).toEqual(
    expect.arrayContaining([
      { reason: 'column_count', rows: 1, replayed: 0 },
      { reason: 'refused', rows: 1, replayed: 0 },
      { reason: 'unknown_event_type', rows: 1, replayed: 0 },
    ]),
  );
  const cut = rows.find(({ reason }: { reason: string }) => reason === 'column_count');
  const shown = await json('bad-rows', 'show', cut.bad_row_id);
  expect(shown).toMatchObject({ payload: '1430623513,1176,vi', replayed: false });
  const replayed = await json('bad-rows', 'replay', '--all', '--json');
  expect(replayed).toMatchObject({ replayed: 0, failed: [] });
  expect(replayed.unreplayable).toHaveLength(3);
});

test.each([
  [
    ['import', 'retailrocket', 'GONE'],
    'UnreadableInput',
    /^cannot read GONE: there is no such file/,
  ],
  [['import', 'excel', 'GONE'], 'Usage', /^"excel" is no format: use retailrocket, rees46, canon/],
  [['replay', 'canonical', 'GONE', '--speed', '0'], 'Usage', /^--speed 0 is no number above 0/],
  [['bad-rows', 'replay'], 'Usage', /^give ids, or --reason, or --all/],
  [['bad-rows', 'replay', '--all', '--reason', 'x'], 'Usage', /^give ids, or --reason, or --all/],
  [['bad-rows', 'show', 'nothing'], 'Usage', /^there is no bad row nothing/],
])('%j fails with %s and one line that says why', async (words, name, cause) => {
  const message = expect.stringMatching(cause);
  const failure = await foresight(temporaryFolder(), ...words).catch((error: Error) => error);
  expect(failure).toMatchObject({ name, message });
  expect((failure as Error).message).not.toContain('\n');
});
