import { NotEnoughData, UnreadableInput } from '../../errors.ts';
import { SNAPSHOT_VIEWS } from '../../features/trino-tables.ts';
import { type SnapshotEntity, snapshotColumns } from '../../features/trino-view.ts';
import type { ObjectStore } from '../../ports.ts';
import type { FeatureValue } from '../../schemas/score.ts';
import type { SnapshotRow } from '../feature-snapshot.ts';
import { lakeText } from '../lake-text.ts';

/**
 * The rows of a part of a snapshot as Athena unloads it: JSON lines, a key a column.
 * @throws UnreadableInput naming the line
 */
export async function* exportedRows(
  entity: SnapshotEntity,
  key: string,
  text: string,
): AsyncGenerator<SnapshotRow> {
  const batch = snapshotColumns(SNAPSHOT_VIEWS[entity]).filter(
    ({ computed_by }) => computed_by === 'batch',
  );
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue;
    const row = parsed(line, `${key}, line ${index + 1}`);
    yield {
      id: String(row['id']),
      values: Object.fromEntries(
        batch.map(({ column, feature }) => [feature, row[column] ?? null]),
      ),
    };
  }
}

/**
 * The rows of every part of a snapshot below a prefix.
 * @throws NotEnoughData where there is no part; UnreadableInput naming file and line
 */
export async function* unloadedRows(
  lake: ObjectStore,
  entity: SnapshotEntity,
  prefix: string,
): AsyncGenerator<SnapshotRow> {
  let parts = 0;
  for await (const key of lake.list(prefix)) {
    const text = await lakeText(lake, key);
    if (text === null) throw new UnreadableInput(`${key} cannot be unpacked`);
    yield* exportedRows(entity, key, text);
    parts++;
  }
  if (parts === 0)
    throw new NotEnoughData(`there is no file below ${prefix}: unload the snapshot again`);
}

function parsed(line: string, place: string): Record<string, FeatureValue> {
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch (error) {
    throw new UnreadableInput(`${place}: ${(error as Error).message}`, { cause: error });
  }
  if (typeof (row as { id?: unknown } | null)?.id !== 'string')
    throw new UnreadableInput(`${place} has no id: unload the snapshot again`);
  return row as Record<string, FeatureValue>;
}
