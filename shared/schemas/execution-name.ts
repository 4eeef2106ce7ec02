/** Step Functions takes more names, but not all of them in logs and ARNs. */
export function isExecutionName(name: string): boolean {
  return /^[A-Za-z0-9_-]{1,80}$/.test(name);
}
