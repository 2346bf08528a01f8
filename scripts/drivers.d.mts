export const DRIVERS: Record<'current' | 'databases' | 'newest', Record<string, string>>;
export function driversFolder(set: 'current' | 'databases' | 'newest'): string | Error;
