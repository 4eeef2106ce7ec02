/** What a state machine's cause says: Lambda's cause is JSON with a message in it, SageMaker's a description with a reason. */
export function causeText(cause: string): string {
  try {
    const { errorMessage, FailureReason } = JSON.parse(cause) as Record<string, unknown>;
    const text = errorMessage ?? FailureReason;
    return typeof text === 'string' ? text : cause;
  } catch {
    return cause; // of the machine itself, plain text
  }
}
