export const DRIVERS: Record<'current' | 'databases' | 'hostile' | 'newest', Record<string, string>>;
export function driversFolder(set: 'current' | 'databases' | 'hostile' | 'newest'): string | Error;
