import {
  type BatchValues,
  productFromItem,
  userFromItem,
  visitorFromItem,
} from '../features/item.ts';
import type { UserState } from '../features/user.ts';
import type { FeatureVector } from '../features/vector.ts';
import type { VisitorState } from '../features/visitor.ts';
import type { FeatureValue } from '../schemas/score.ts';
import type { ServedState } from './serving-sample.ts';

/** States as read from stored items: nobody else's, so they may be changed. */
export interface ReadStates {
  readonly visitor: VisitorState;
  readonly user: UserState | null;
  readonly product: BatchValues | null;
}

export function readStates({ visitor, user, product }: ServedState): ReadStates {
  return {
    visitor: visitorFromItem(visitor),
    user: user === null ? null : userFromItem(user),
    product: product === null ? null : productFromItem(product),
  };
}

/** The vector that a score right after an event would be made from. */
export function servedVector(
  vector: FeatureVector,
  states: ReadStates,
  about: { readonly event_timestamp: string; readonly product_id: string | null },
  timeZone: string,
): readonly FeatureValue[] {
  return vector(states, {
    at: Date.parse(about.event_timestamp),
    product_id: about.product_id,
    timeZone,
  });
}
