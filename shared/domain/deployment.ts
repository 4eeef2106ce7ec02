/** What of a packaged stage decides its costs. */
export interface Deployment {
  readonly stage: string;
  readonly region: string;
  readonly functions: readonly DeployedFunction[];
  readonly streams: readonly DeployedStream[];
  /** Consumers of the streams, at most `perShard` invocations of each shard at once. */
  readonly consumers: readonly {
    readonly function: string;
    readonly perShard: number;
    readonly windowSeconds: number;
  }[];
  readonly deliveries: readonly {
    readonly name: string;
    /** A stream of `streams`, or null for direct puts. */
    readonly stream: string | null;
    readonly intervalSeconds: number;
  }[];
  readonly tables: number;
  readonly recoverableTables: number;
  readonly routes: number;
  readonly routeMetrics: boolean;
  /** Of a line of the access log; 0 where there is none. */
  readonly accessLogBytes: number;
  readonly accessLogIsInfrequent: boolean;
  readonly logRetentionDays: number;
  readonly alarmedMetrics: number;
  readonly compositeAlarms: number;
  readonly dashboards: number;
  readonly keys: number;
  readonly secrets: number;
  readonly stateMachines: number;
  /** Types of resources that no line of the cost model knows. */
  readonly unknown: readonly string[];
}

export interface DeployedFunction {
  readonly name: string;
  readonly memoryMb: number;
  /** Samples a request a second and one in twenty of the others. */
  readonly traced: boolean;
  /** Writes START, END and REPORT of each invocation. */
  readonly logsInvocations: boolean;
}

interface DeployedStream {
  readonly name: string;
  readonly shards: number;
  readonly retentionHours: number;
}
