import { beforeAll, describe, expect, test } from 'vitest';
import type { Notices, Severity } from '../../shared/ports.ts';

/** The notices under test, and what has arrived at the topic of a severity. */
export interface OpenedNotices {
  readonly notices: Notices;
  arrived(severity: Severity): Promise<readonly { subject: string; body: string }[]>;
}

/** What every publisher of notices promises. */
export function noticesContract(open: () => OpenedNotices | Promise<OpenedNotices>): void {
  describe('notices', () => {
    let opened: OpenedNotices;

    beforeAll(async () => {
      opened = await open();
    });

    test.each<Severity>(['critical', 'medium', 'low'])(
      'a %s notice arrives at its topic and at no other',
      async (severity) => {
        const notice = { subject: `A ${severity} matter`, body: `of ${severity}\nGrüße 🛒` };
        await opened.notices.publish({ severity, ...notice });
        expect(await opened.arrived(severity)).toContainEqual(notice);
        for (const other of (['critical', 'medium', 'low'] as const).filter((s) => s !== severity))
          expect(await opened.arrived(other)).not.toContainEqual(notice);
      },
    );

    test('a subject becomes one line of at most 100 ASCII characters', async () => {
      const subject = `Zwölf\r\n records — ${'x'.repeat(200)}`;
      await opened.notices.publish({ severity: 'low', subject, body: 'long subject' });
      const [arrived] = (await opened.arrived('low')).filter(({ body }) => body === 'long subject');
      expect(arrived?.subject).toBe(`Zw?lf records ? ${'x'.repeat(84)}`);
    });

    test('a body is cut to 256 KB, and no character in two', async () => {
      const body = `large ${'🛒'.repeat(70_000)}`;
      await opened.notices.publish({ severity: 'low', subject: 'Large', body });
      const [arrived] = (await opened.arrived('low')).filter(({ subject }) => subject === 'Large');
      expect(Buffer.byteLength(arrived?.body ?? '')).toBeGreaterThan(256 * 1024 - 4);
      expect(Buffer.byteLength(arrived?.body ?? '')).toBeLessThanOrEqual(256 * 1024);
      expect(body.startsWith(arrived?.body ?? '-')).toBe(true);
    });
  });
}
