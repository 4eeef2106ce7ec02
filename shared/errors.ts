/**
 * Every typed error of the platform. `name` is a literal, so that it survives minification and a
 * state machine's `ErrorEquals` can match it. A message says what was wrong, with which input, and
 * what to do.
 */

/** The request itself is unusable; `field` points at the part that is (a dotted path). */
export class InvalidRequest extends Error {
  override readonly name = 'InvalidRequest' as const;
  readonly field: string | undefined;
  constructor(message: string, field?: string) {
    super(message);
    this.field = field;
  }
}

export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge' as const;
}

/** The body is compressed. */
export class UnsupportedEncoding extends Error {
  override readonly name = 'UnsupportedEncoding' as const;
}

/** An environment variable is missing or malformed: the deployment is wrong, not the request. */
export class InvalidEnvironment extends Error {
  override readonly name = 'InvalidEnvironment' as const;
}

/** An external call did not answer within its deadline. */
export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded' as const;
}

/** A store refused or failed after its bounded retries; the call may be repeated later. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable' as const;
}

/** A service that is no store and no stream failed after its bounded retries; try again later. */
export class ServiceUnavailable extends Error {
  override readonly name = 'ServiceUnavailable' as const;
}

/** A hosted model's endpoint refused for load: the same call may succeed a moment later. */
export class EndpointThrottled extends Error {
  override readonly name = 'EndpointThrottled' as const;
}

/** The container behind an endpoint failed on the rows it was given. */
export class EndpointModelFailed extends Error {
  override readonly name = 'EndpointModelFailed' as const;
}

/** The endpoint cannot be reached, does not exist, or does not host the version asked for. */
export class EndpointUnavailable extends Error {
  override readonly name = 'EndpointUnavailable' as const;
}

/** An endpoint answered something that is not one usable number a row. */
export class MalformedPrediction extends Error {
  override readonly name = 'MalformedPrediction' as const;
}

/** The name of an execution is none that every part of the platform can carry. */
export class InvalidExecutionName extends Error {
  override readonly name = 'InvalidExecutionName' as const;
  constructor(execution: string) {
    super(`${JSON.stringify(execution)} names no execution: 1–80 letters, digits, - and _ do`);
  }
}

/** An execution of that name exists with another input: give another name, or the same input. */
export class ExecutionConflict extends Error {
  override readonly name = 'ExecutionConflict' as const;
}

/** The stream did not take all entries after the bounded retries of the failed ones. */
export class StreamUnavailable extends Error {
  override readonly name = 'StreamUnavailable' as const;
}

/** Another writer changed the item between read and write, more often than the retries allow. */
export class WriteConflict extends Error {
  override readonly name = 'WriteConflict' as const;
}

/** The item would exceed the size cap of the online store. */
export class ItemTooLarge extends Error {
  override readonly name = 'ItemTooLarge' as const;
}

/** A record of a stream is not what its stream carries: it can only go to the dead letters. */
export class MalformedRecord extends Error {
  override readonly name = 'MalformedRecord' as const;
}

/** A feature definition is contradictory, unknown or uses something outside the closed set. */
export class InvalidFeatureDefinition extends Error {
  override readonly name = 'InvalidFeatureDefinition' as const;
}

/** The model folder's bytes do not match the digests of its manifest, or the manifest's version. */
export class ModelDigestMismatch extends Error {
  override readonly name = 'ModelDigestMismatch' as const;
}

/** The model cannot be evaluated here: unknown kind, malformed file, absent feature definition. */
export class UnusableModel extends Error {
  override readonly name = 'UnusableModel' as const;
}

/** A feature's value is not finite, or not of the type that the model's manifest declares. */
export class InvalidFeatureValue extends Error {
  override readonly name = 'InvalidFeatureValue' as const;
}

/** The version did not pass its gates, or was archived: promoting it needs a stated reason. */
export class ModelRejected extends Error {
  override readonly name = 'ModelRejected' as const;
}

export class ModelNotFound extends Error {
  override readonly name = 'ModelNotFound' as const;
}

/** A shop's database cannot be reached, or broke off: the next run goes on where this one ended. */
export class OrderSourceUnavailable extends Error {
  override readonly name = 'OrderSourceUnavailable' as const;
}

/** A shop's database refuses us, or gives us more than reading: its owner must change our role. */
export class OrderSourceForbidden extends Error {
  override readonly name = 'OrderSourceForbidden' as const;
}

/** The table of orders is not what its mapping, or the last run, says: nothing was read. */
export class OrderSourceChanged extends Error {
  override readonly name = 'OrderSourceChanged' as const;
}

/** A file given to `import`, `replay` or `backtest` cannot be read as the named format. */
export class UnreadableInput extends Error {
  override readonly name = 'UnreadableInput' as const;
}

/** The data at hand cannot train or evaluate what was asked (too few rows, one class only). */
export class NotEnoughData extends Error {
  override readonly name = 'NotEnoughData' as const;
}

/** A column tells the label of every row by itself: it is known only afterwards. */
export class LeakedLabel extends Error {
  override readonly name = 'LeakedLabel' as const;
}

/** A snapshot of features is no such thing (ids missing or repeated): it was not kept. */
export class InvalidSnapshot extends Error {
  override readonly name = 'InvalidSnapshot' as const;
}

/** Training data tell of what was not known at their time: nothing is trained on them. */
export class FutureInformation extends Error {
  override readonly name = 'FutureInformation' as const;
}

/** No events were delivered of a day, though it lies among days that have some. */
export class MissingDay extends Error {
  override readonly name = 'MissingDay' as const;
}

/** A later snapshot of features is online already: load that one, or none. */
export class StaleSnapshot extends Error {
  override readonly name = 'StaleSnapshot' as const;
}

/** A search had nothing to choose from: no set of parameters could be fitted and measured. */
export class EveryTrialFailed extends Error {
  override readonly name = 'EveryTrialFailed' as const;
}

/** A parameter that the built-in XGBoost container, or the trainer here, has no counterpart for. */
export class UnsupportedHyperparameter extends Error {
  override readonly name = 'UnsupportedHyperparameter' as const;
}

/** What a training job left is no model that can be used: `model.tar.gz` or the file in it. */
export class MalformedArtifact extends Error {
  override readonly name = 'MalformedArtifact' as const;
}

/** A converted model does not predict what the container that trained it reported. */
export class PredictionsDiffer extends Error {
  override readonly name = 'PredictionsDiffer' as const;
}

/** A step of a run has not what earlier steps should have left it, or cannot use it any more. */
export class RunIncomplete extends Error {
  override readonly name = 'RunIncomplete' as const;
}

/** The data fails an expectation that halts: nothing is trained on it. */
export class DataHalted extends Error {
  override readonly name = 'DataHalted' as const;
}

/** Customer values fail a check that halts: they are not published, and what was published stays. */
export class ScoresHalted extends Error {
  override readonly name = 'ScoresHalted' as const;
}

/** What is published of customer values does not hang together, or cannot be read. */
export class InvalidPublication extends Error {
  override readonly name = 'InvalidPublication' as const;
}

/** No value is published of the customer asked for. */
export class CustomerNotScored extends Error {
  override readonly name = 'CustomerNotScored' as const;
}

/** A key of this id exists, or none does, against what the command needs. */
export class UnsuitableApiKey extends Error {
  override readonly name = 'UnsuitableApiKey' as const;
}

/** The ring of pseudonym keys exists, or does not, against what the command needs. */
export class UnsuitableKeyRing extends Error {
  override readonly name = 'UnsuitableKeyRing' as const;
}

/** `serverless.yml` says something the embedded platform cannot run. */
export class UnsupportedWiring extends Error {
  override readonly name = 'UnsupportedWiring' as const;
}

export class PortInUse extends Error {
  override readonly name = 'PortInUse' as const;
}

/** Another process holds the data directory, or its contents are of an unknown version. */
export class DataDirectoryUnusable extends Error {
  override readonly name = 'DataDirectoryUnusable' as const;
}

/** The command line was used wrongly: exit code 2. */
export class Usage extends Error {
  override readonly name = 'Usage' as const;
}
