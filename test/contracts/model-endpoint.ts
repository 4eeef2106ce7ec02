import { beforeAll, describe, expect, test } from 'vitest';
import type { ModelEndpoint } from '../../shared/ports.ts';

/** An endpoint that hosts a version of a model of so many columns, and what that answers to a row. */
export interface OpenedModelEndpoint {
  readonly endpoint: ModelEndpoint;
  readonly version: string;
  readonly columns: number;
  expected(row: Float32Array): number;
}

/** What every endpoint promises. */
export function modelEndpointContract(
  open: () => OpenedModelEndpoint | Promise<OpenedModelEndpoint>,
): void {
  describe('model endpoint', () => {
    let opened: OpenedModelEndpoint;
    const rowsOf = (count: number) =>
      Array.from({ length: count }, (_, row) =>
        Float32Array.from({ length: opened.columns }, (_, column) =>
          (row + column) % 5 === 0 ? Number.NaN : (row - count / 2) * 0.37 + column / 3,
        ),
      );
    const predict = (rows: readonly Float32Array[]) =>
      opened.endpoint.predict(opened.version, rows);

    beforeAll(async () => {
      opened = await open();
    });

    test.each([1, 2, 250])('answers a number for each of %d rows, in order', async (count) => {
      const rows = rowsOf(count);
      const answers = await predict(rows);
      expect(answers).toHaveLength(count);
      for (const [index, row] of rows.entries())
        expect(answers[index]).toBeCloseTo(opened.expected(row), 6);
    });

    test('answers a row of missing values', async () => {
      const row = new Float32Array(opened.columns).fill(Number.NaN);
      const [answer] = await predict([row]);
      expect(answer).toBeCloseTo(opened.expected(row), 6);
    });

    test('tells values apart that differ in the last bit of a float32', async () => {
      const rows = [0.1, 1 / 3, 16_777_217, 1e-30, -3.4e38].map((value) =>
        new Float32Array(opened.columns).fill(value),
      );
      const answers = await predict(rows);
      expect(answers).toEqual(
        rows.map((row) => expect.closeTo(opened.expected(Float32Array.from(row)), 6)),
      );
    });

    test('answers an empty list for no rows', async () => {
      expect(await predict([])).toEqual([]);
    });

    test('rejects a version that is not hosted, naming it', async () => {
      await expect(
        opened.endpoint.predict('2020-01-01-000000000000', rowsOf(1)),
      ).rejects.toMatchObject({
        name: 'EndpointUnavailable',
        message: expect.stringContaining('2020-01-01-000000000000'),
      });
    });

    test('rejects rows that the model cannot take', async () => {
      await expect(predict([new Float32Array(opened.columns + 1)])).rejects.toMatchObject({
        name: 'EndpointModelFailed',
      });
    });

    test('asks nothing when the signal is aborted', async () => {
      await expect(
        opened.endpoint.predict(opened.version, rowsOf(1), AbortSignal.abort()),
      ).rejects.toMatchObject({ name: 'DeadlineExceeded' });
    });
  });
}
