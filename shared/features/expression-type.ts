import { InvalidFeatureDefinition } from '../errors.ts';
import type { Aggregate, Entity, Expression } from '../schemas/feature-view.ts';
import { FIELDS } from '../schemas/feature-vocabulary.ts';

export type ValueType = 'number' | 'time' | 'category';

/**
 * What an expression yields, having checked that its operands fit.
 * @param entity whose read it is part of; a roll-up reads its operand once a product
 * @throws InvalidFeatureDefinition
 */
export function expressionType(expression: Expression, entity: Entity): ValueType {
  const operand = (of: Expression, needed: ValueType, as = entity) => {
    const found = expressionType(of, as);
    if (found !== needed)
      throw new InvalidFeatureDefinition(`${expression.kind} of a ${found}: it needs a ${needed}`);
  };
  switch (expression.kind) {
    case 'aggregate':
      return aggregateType(expression, entity);
    case 'constant':
      return 'number';
    case 'ratio':
      operand(expression.of, 'number');
      operand(expression.per, 'number');
      return 'number';
    case 'difference':
      for (const of of [expression.of, ...expression.minus]) operand(of, 'number');
      return 'number';
    case 'elapsed':
      operand(expression.from, 'time');
      operand(expression.to, 'time');
      return 'number';
    case 'time_since':
    case 'clock_part':
      operand(expression.of, 'time');
      return 'number';
    case 'equals':
      operand(expression.of, 'category');
      return 'number';
    case 'roll_up':
      if (entity !== 'session')
        throw new InvalidFeatureDefinition(`only a session has products to roll up, no ${entity}`);
      operand(expression.of, 'number', 'session_product');
      return 'number';
  }
}

function aggregateType(aggregate: Aggregate, entity: Entity): ValueType {
  if (aggregate.entity === 'session_product' && entity === 'session')
    throw new InvalidFeatureDefinition('a session has many products: roll them up');
  const keepsValue = ['first', 'last', 'min', 'max', 'most_frequent'].includes(aggregate.function);
  return keepsValue && aggregate.of !== undefined ? FIELDS[aggregate.of] : 'number';
}
