export function startTraffic(
  baseUrl: string,
  options: { perSecond: number },
): { sent: Map<string, { requests: number; faults: number }>; stop(): Promise<void> };
