import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { orderFileLines } from '../shared/domain/clv-publication/order-file-lines.ts';
import type { PseudonymKeyRing } from '../shared/domain/identity.ts';
import type { ObjectStore } from '../shared/ports.ts';
import { orderLines, parseOrderSource } from './read-orders.ts';

const LINES_AN_OBJECT = 50_000;

export interface ImportedLines {
  readonly files: number;
  readonly lines: number;
  /** By reason. */
  readonly dropped: Readonly<Record<string, number>>;
}

/**
 * Puts the lines of order files into the lake, customers as pseudonyms, in objects that go by the
 * file's content: importing a file again changes nothing.
 * @param source such as `online-retail:2010.csv.gz,2011.csv.gz`
 * @throws Usage, UnreadableInput
 */
export async function importOrderLines(
  source: string,
  ring: PseudonymKeyRing,
  lake: ObjectStore,
  report: (lines: number) => void,
): Promise<ImportedLines> {
  const { format, paths } = parseOrderSource(source);
  const dropped: Record<string, number> = {};
  let lines = 0;
  for (const path of paths) {
    const digest = createHash('sha256');
    await pipeline(createReadStream(path), digest);
    const folder = `bronze/order_lines/${digest.digest('hex').slice(0, 16)}`;
    const gathered = orderFileLines(ring);
    let batch: string[] = [];
    let objects = 0;
    const put = async () => {
      const key = `${folder}-${String(objects++).padStart(5, '0')}.jsonl`;
      await lake.put(key, new TextEncoder().encode(batch.join('')));
      batch = [];
      report(lines);
    };
    for await (const line of orderLines(format, path)) {
      if ('dropped' in line) {
        dropped[line.dropped] = (dropped[line.dropped] ?? 0) + 1;
        continue;
      }
      batch.push(`${JSON.stringify(gathered(line))}\n`);
      lines++;
      if (batch.length === LINES_AN_OBJECT) await put();
    }
    if (batch.length > 0) await put();
  }
  return { files: paths.length, lines, dropped };
}
