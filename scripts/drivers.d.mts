export const DRIVERS: Record<'current' | 'newest', Record<string, string>>;
export function driversFolder(set: 'current' | 'newest'): string | Error;
