/** In a file of its own: the command's options name them, before anything else of the doctor is loaded. */
export const FORMATS = ['pretty', 'short', 'json', 'md', 'junit'] as const;
export type Format = (typeof FORMATS)[number];
