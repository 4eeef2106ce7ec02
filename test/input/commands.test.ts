import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { sourceFile, temporaryFolder } from './source-files.ts';

vi.setConfig({ testTimeout: 60_000 }); // whole files, on a machine that may be busy

const MAIN = join(import.meta.dirname, '../../cli/main.ts');

function foresight(dataDir: string, ...words: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [MAIN, ...words, '--data-dir', dataDir],
    { encoding: 'utf8' },
  );
  return { status, stdout, stderr };
}

const TABLE = [
  'timestamp,visitorid,event,itemid',
  '1430623510,1176,view,6768',
  '1430623511,1176,wish,6768',
  `1430623512,${'9'.repeat(10_000)},view,6768`,
  '1430623513,1176,vi',
].join('\n');

test('what cannot be imported is listed and shown', () => {
  const dataDir = temporaryFolder();
  const imported = foresight(dataDir, 'import', 'retailrocket', sourceFile(TABLE), '--json');
  expect(imported.status).toBe(0);
  expect(JSON.parse(imported.stdout)).toMatchObject({
    rows: 4,
    accepted: 1,
    refused: 1,
    bad: 2,
    processed: 1,
  });
  const { reasons, rows } = JSON.parse(foresight(dataDir, 'bad-rows', 'list', '--json').stdout);
  expect(reasons).toHaveLength(3);
  expect(reasons).toEqual(
    expect.arrayContaining([
      { reason: 'column_count', rows: 1, replayed: 0 },
      { reason: 'refused', rows: 1, replayed: 0 },
      { reason: 'unknown_event_type', rows: 1, replayed: 0 },
    ]),
  );
  const cut = rows.find(({ reason }: { reason: string }) => reason === 'column_count');
  const shown = JSON.parse(foresight(dataDir, 'bad-rows', 'show', cut.bad_row_id).stdout);
  expect(shown).toMatchObject({ payload: '1430623513,1176,vi', replayed: false });
  const replayed = JSON.parse(foresight(dataDir, 'bad-rows', 'replay', '--all', '--json').stdout);
  expect(replayed).toMatchObject({ replayed: 0, failed: [] });
  expect(replayed.unreplayable).toHaveLength(3);
});

test.each([
  [['import', 'retailrocket', 'GONE'], 1, /cannot read GONE: there is no such file/],
  [['import', 'excel', 'GONE'], 2, /"excel" is no format: use retailrocket, rees46, canonical/],
  [['replay', 'canonical', 'GONE', '--speed', '0'], 2, /--speed 0 is no number above 0/],
  [['bad-rows', 'replay'], 2, /give ids, or --reason, or --all/],
  [['bad-rows', 'replay', '--all', '--reason', 'x'], 2, /give ids, or --reason, or --all/],
  [['bad-rows', 'show', 'nothing'], 2, /there is no bad row nothing/],
])('%j fails with %i and one line that says why', (words, status, cause) => {
  const answer = foresight(temporaryFolder(), ...words);
  expect(answer).toMatchObject({ status, stdout: '' });
  expect(answer.stderr.trim().split('\n')).toHaveLength(1);
  expect(answer.stderr).toMatch(cause);
});
