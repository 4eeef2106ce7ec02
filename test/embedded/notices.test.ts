import { vi } from 'vitest';
import { openNotices, publishedNotices } from '../../shared/embedded/notices.ts';
import { noticesContract } from '../contracts/notices.ts';
import { freshDataDirectory } from './fresh-data-directory.ts';

freshDataDirectory();
vi.spyOn(process.stderr, 'write').mockReturnValue(true);

const topics = { critical: 'Critical', medium: 'Medium', low: 'Low' };

noticesContract(() => ({
  notices: openNotices(topics),
  arrived: async (severity) =>
    publishedNotices(topics[severity]).map(({ subject, body }) => ({ subject, body })),
}));
