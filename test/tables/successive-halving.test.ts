import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { successiveHalving } from '../../shared/domain/successive-halving.ts';
import { randomParameters, type SearchSpace } from '../../shared/domain/tuning.ts';
import { EveryTrialFailed, NotEnoughData } from '../../shared/errors.ts';
import { seededRandom } from '../../shared/math/seeded-random.ts';

const SPACE: SearchSpace<'rate' | 'depth' | 'bins'> = {
  rate: { from: 0.01, to: 1, scale: 'log' },
  depth: { from: 2, to: 5, scale: 'linear', whole: true },
  bins: { oneOf: [16, 256] },
};

test('a random search draws every value of its ranges, and the same for the same seed', () => {
  const draw = () => {
    const search = randomParameters(SPACE, seededRandom(3));
    return Array.from({ length: 400 }, () => search.next().value);
  };
  const drawn = draw();
  expect(draw()).toEqual(drawn);
  expect(new Set(drawn.map(({ depth }) => depth))).toEqual(new Set([2, 3, 4, 5]));
  expect(new Set(drawn.map(({ bins }) => bins))).toEqual(new Set([16, 256]));
  const rates = drawn.map(({ rate }) => rate).sort((a, b) => a - b);
  expect(rates[0]).toBeGreaterThanOrEqual(0.01);
  expect(rates.at(-1)).toBeLessThanOrEqual(1);
  // Evenly in the logarithm: the median is the geometric mean of the ends.
  expect(Math.log10(rates[200] as number)).toBeCloseTo(-1, 0);
});

describe('successive halving', () => {
  test('of trials that rank alike in every part finds the best, and repeats no measurement', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer(), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 6 }),
        async (losses, parts) => {
          const asked: string[] = [];
          const { best, trials } = await successiveHalving(
            losses.values(),
            parts,
            { trials: 40 },
            async (loss, part) => {
              asked.push(`${loss} ${part}`);
              return { loss: loss + part };
            },
          );
          expect(best.parameters).toBe(Math.min(...losses));
          expect(new Set(asked).size).toBe(asked.length);
          expect(trials.map(({ parameters }) => parameters)).toEqual(losses);
          expect(asked.length).toBeLessThanOrEqual(2 * losses.length + parts);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('a trial that is lucky on one part loses to one that is good on all', async () => {
    const losses: Record<string, number[]> = { lucky: [0, 9, 9, 9], good: [1, 1, 1, 1] };
    const names = ['lucky', 'good', 'bad', 'bad', 'bad', 'bad'];
    const { best, trials } = await successiveHalving(
      names.values(),
      4,
      { trials: 6 },
      async (name, part) => ({ loss: losses[name]?.[part] ?? 5 }),
    );
    expect(best.parameters).toBe('good');
    expect(trials.map(({ measured }) => measured.length)).toEqual([2, 2, 1, 1, 1, 1]);
  });

  test('a trial that fails is told with its cause and cannot win', async () => {
    const { best, trials } = await successiveHalving(
      [0, 1, 2].values(),
      2,
      { trials: 3 },
      async (loss) => {
        if (loss === 0) throw new NotEnoughData('too few rows');
        return { loss };
      },
    );
    expect(best.parameters).toBe(1);
    expect(trials[0]).toMatchObject({ loss: null, failure: 'too few rows', measured: [] });
  });

  test('where every trial fails, the error names the first cause', async () => {
    const search = successiveHalving([1, 2].values(), 3, { trials: 2 }, async (number) => {
      throw new NotEnoughData(`cause ${number}`);
    });
    await expect(search).rejects.toThrow(EveryTrialFailed);
    await expect(search).rejects.toThrow('every one of 2 trials failed, the first: cause 1');
  });

  test('a budget of time ends the drawing and the rounds, but not before one trial', async () => {
    let measurements = 0;
    const search = (cost: number) => {
      measurements = 0;
      return successiveHalving(
        randomParameters(SPACE, seededRandom(1)),
        5,
        { used: () => measurements * cost },
        async ({ rate }) => {
          measurements++;
          return { loss: rate };
        },
      );
    };
    const { best, trials } = await search(0.01);
    expect(trials).toHaveLength(55);
    expect(measurements).toBeLessThanOrEqual(101);
    expect(best.measured.length).toBeGreaterThan(1);
    expect((await search(2)).trials).toHaveLength(1);
  });
});
