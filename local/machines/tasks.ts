/**
 * What a Task state asks of a service. The input is the service's request as the state's
 * `Parameters` made it, the answer the service's description; an error's `name` is what `Retry` and
 * `Catch` match. The signal aborts when the state has timed out or the platform stops.
 */
export type TaskHandler = (input: unknown, signal: AbortSignal) => Promise<unknown>;

/** By the state's `Resource`. */
export type Tasks = ReadonlyMap<string, TaskHandler>;
