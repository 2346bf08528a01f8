/** A constraint of the service's model is not met; the text that AWS services generate. */
export const constraintMessage = (value: unknown, member: string, constraint: string): string =>
  `1 validation error detected: Value '${String(value)}' at '${member}' failed to satisfy constraint: Member must ${constraint}`;
