import { cumulative, drawIndex, drawNormal, drawOne, type Random } from './draw.ts';

export interface Product {
  readonly id: string;
  readonly category: number;
  readonly brand: string;
  /** Unit price in the shop's currency, two decimals. */
  readonly price: number;
  /** Share of all looks that go to this product where nothing else decides. */
  readonly popularity: number;
}

export interface Catalogue {
  readonly products: readonly Product[];
  readonly popularity: Float64Array;
  /** For each category its products and their popularity. */
  readonly shelves: readonly Shelf[];
}

export interface Shelf {
  readonly name: string;
  readonly products: readonly number[];
  readonly sums: Float64Array;
  readonly popularity: number;
}

/** Name, median price, share of the products. */
const CATEGORIES: readonly (readonly [string, number, number])[] = [
  ['headphones', 90, 8],
  ['smartphones', 420, 7],
  ['laptops', 900, 5],
  ['cameras', 550, 4],
  ['watches', 160, 6],
  ['shoes', 85, 14],
  ['jackets', 120, 9],
  ['backpacks', 70, 7],
  ['kitchen', 45, 12],
  ['lamps', 60, 8],
  ['books', 18, 13],
  ['toys', 28, 7],
];

const BRANDS: readonly string[] = [
  'Alder',
  'Brightwater',
  'Corvid',
  'Dovetail',
  'Ember',
  'Fathom',
  'Gannet',
  'Hearth',
  'Inkwell',
  'Juniper',
  'Kestrel',
  'Larkspur',
  'Meridian',
  'Northlight',
  'Osprey',
  'Pebble',
];

const PRODUCTS = 400;
const PRICE_SPREAD = 0.45; // standard deviation of the logarithm
const ZIPF_EXPONENT = 0.9;

/** A catalogue drawn once: categories, brands, log-normal prices, Zipf popularity. */
export function drawCatalogue(random: Random): Catalogue {
  const categorySums = cumulative(CATEGORIES.map(([, , share]) => share));
  const drawn = Array.from({ length: PRODUCTS }, (_, rank) => {
    const category = drawIndex(random, categorySums);
    const median = CATEGORIES[category]?.[1] as number;
    const price =
      Math.max(1, Math.round(median * Math.exp(PRICE_SPREAD * drawNormal(random)))) - 0.01;
    return {
      id: `p${1001 + rank}`,
      category,
      brand: drawOne(random, BRANDS),
      price: Math.round(price * 100) / 100,
      weight: (rank + 1) ** -ZIPF_EXPONENT,
    };
  });
  const total = drawn.reduce((sum, { weight }) => sum + weight, 0);
  const products = drawn.map(({ weight, ...product }) => ({
    ...product,
    popularity: weight / total,
  }));
  const shelves = CATEGORIES.map(([name], category) => {
    const indices = products.flatMap((product, index) =>
      product.category === category ? [index] : [],
    );
    const weights = indices.map((index) => (products[index] as Product).popularity);
    return {
      name,
      products: indices,
      sums: cumulative(weights),
      popularity: weights.reduce((sum, weight) => sum + weight, 0),
    };
  });
  return {
    products,
    popularity: cumulative(products.map(({ popularity }) => popularity)),
    shelves,
  };
}

export function drawFromShelf(random: Random, { products, sums }: Shelf): number {
  return products[drawIndex(random, sums)] as number;
}
