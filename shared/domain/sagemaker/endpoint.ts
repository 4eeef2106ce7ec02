import { createHash } from 'node:crypto';
import { jobName } from './job-name.ts';

/** A version on an endpoint, as a production variant of that name. */
export interface EndpointVariant {
  readonly VariantName: string;
  readonly ModelName: string;
  readonly InstanceType: string;
  readonly InitialInstanceCount: number;
  readonly InitialVariantWeight: number;
}

/** `CreateEndpointConfig`, in the service's own names. */
export interface EndpointConfig {
  readonly EndpointConfigName: string;
  readonly ProductionVariants: EndpointVariant[];
}

/**
 * The configuration of an endpoint that hosts a version, beside those it hosted or alone. Scores are
 * sent to a variant by its name, so the weights, which share out calls that name none, are equal.
 * The same variants make the same name.
 */
export function endpointConfig(
  endpoint: string,
  added: Omit<EndpointVariant, 'InitialVariantWeight'>,
  beside: readonly EndpointVariant[],
): EndpointConfig {
  const ProductionVariants = [
    ...beside.filter(({ VariantName }) => VariantName !== added.VariantName),
    { ...added, InitialVariantWeight: 1 },
  ];
  const digest = createHash('sha256').update(JSON.stringify(ProductionVariants)).digest('hex');
  return { EndpointConfigName: jobName([endpoint, digest.slice(0, 12)]), ProductionVariants };
}
