import type { ClvTier, DecisionPolicy } from '../schemas/decision-policy.ts';
import type { Action } from '../schemas/score.ts';
import { bucket } from './bucket.ts';

export interface Situation {
  readonly propensity: number;
  readonly tier: ClvTier;
  readonly cartFilled: boolean;
  /** Linked user, else visitor: the unit of budgets and variants. */
  readonly unit: string;
  /** UTC day, `YYYY-MM-DD`: budgets are drawn anew each day. */
  readonly day: string;
}

/** The action of the first rule that matches; `none` where none does or its budget is not drawn. */
export function decide(policy: DecisionPolicy, situation: Situation): Action {
  for (const rule of policy.rules) {
    const { from, below } = rule.propensity;
    if (situation.propensity < from || situation.propensity >= below) continue;
    if (rule.cart !== 'any' && (rule.cart === 'filled') !== situation.cartFilled) continue;
    if (!rule.tiers.includes(situation.tier)) continue;
    const salt = `budget:${policy.name}:${rule.name}:${situation.day}`;
    const funded = rule.budget_bp === 10_000 || bucket(salt, situation.unit) < rule.budget_bp;
    if (funded) return rule.action;
  }
  return { type: 'none' };
}
