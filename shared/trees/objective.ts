import type { Objective } from './forest.ts';

type Link = 'identity' | 'logit' | 'log';

const LINKS: Readonly<Record<Objective, Link>> = {
  'binary:logistic': 'logit',
  'binary:logitraw': 'identity',
  'reg:logistic': 'logit',
  'reg:squarederror': 'identity',
  'reg:squaredlogerror': 'identity',
  'reg:pseudohubererror': 'identity',
  'reg:quantileerror': 'identity',
  'reg:absoluteerror': 'identity',
  'reg:tweedie': 'log',
  'reg:gamma': 'log',
  'count:poisson': 'log',
};

export function isObjective(name: string): name is Objective {
  return Object.hasOwn(LINKS, name);
}

/** The scale on which an objective's trees add up. */
export function linkOf(objective: Objective): Link {
  return LINKS[objective];
}

/** From a margin to the prediction: a probability, a mean, or the margin itself. */
export function inverseLink(objective: Objective): (margin: number) => number {
  const link = LINKS[objective];
  if (link === 'logit') return (margin) => 1 / (1 + Math.exp(-margin));
  return link === 'log' ? Math.exp : (margin) => margin;
}

/** From a prediction to its margin; a probability must be inside (0, 1), a mean above 0. */
export function linkFunction(objective: Objective): (prediction: number) => number {
  const link = LINKS[objective];
  if (link === 'logit') return (probability) => -Math.log(1 / probability - 1);
  return link === 'log' ? Math.log : (value) => value;
}
