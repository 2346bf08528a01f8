export const EXPORT_INTERVAL: number;
export function startPlatform(
  endpoint: string,
  options?: { folder?: string; say?: (line: string) => void; failed?: (reason: string) => void },
): Promise<{ url: string; stop(): Promise<void> }>;
