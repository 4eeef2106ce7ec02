/** More in the cart never lowers the score, the other features being the same; less never raises it. */
export const CART_DIRECTIONS: Readonly<Record<string, 1 | -1>> = {
  add_to_cart_count: 1,
  cart_product_count: 1,
  cart_value: 1,
  product_in_cart: 1,
  checkout_started: 1,
  remove_from_cart_count: -1,
  seconds_since_last_add_to_cart: -1,
  events_since_last_add_to_cart: -1,
};
