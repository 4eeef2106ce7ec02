import type { Notices, Severity } from '../ports.ts';
import { notice } from '../schemas/notice.ts';
import { asService } from './as-service.ts';
import { dataDirectory } from './data-directory.ts';
import { openStreamLog } from './stream-log.ts';

export interface PublishedNotice {
  readonly severity: Severity;
  readonly subject: string;
  readonly body: string;
  /** Epoch milliseconds. */
  readonly publishedAt: number;
}

/** Most that are kept of a topic: older ones are forgotten. */
const KEPT = 1000;

/** Keeps notices in the data directory, and writes a line of each to stderr for whoever is there. */
export function openNotices<Known extends Severity>(
  topics: Readonly<Record<Known, string>>,
): Notices<Known> {
  const directory = dataDirectory();
  return {
    async publish({ severity, ...text }) {
      const { subject, body } = notice.parse(text);
      const log = openStreamLog(directory, topics[severity]);
      const data = JSON.stringify({ severity, subject, body });
      await asService(async () => {
        await log.append([{ partitionKey: severity, data }]);
        await log.trim(log.last() - KEPT);
      });
      process.stderr.write(`${severity} notice: ${subject}\n`);
    },
  };
}

/** What was published to a topic, the latest last. */
export function publishedNotices(topic: string): readonly PublishedNotice[] {
  return openStreamLog(dataDirectory(), topic)
    .read(0, KEPT)
    .map(({ data, arrivedAt }) => ({ ...JSON.parse(data), publishedAt: arrivedAt }));
}
