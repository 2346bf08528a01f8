import { nearestName } from './nearest-name.js';

/** The regions of AWS. Source: docs.aws.amazon.com/general/latest/gr/rande.html, with the regions of the other partitions. */
const REGIONS: readonly string[] = [
  ...['us-east-1', 'us-east-2', 'us-west-1', 'us-west-2', 'ca-central-1', 'ca-west-1', 'mx-central-1', 'sa-east-1'],
  ...['eu-central-1', 'eu-central-2', 'eu-north-1', 'eu-south-1', 'eu-south-2', 'eu-west-1', 'eu-west-2', 'eu-west-3'],
  ...['af-south-1', 'il-central-1', 'me-central-1', 'me-south-1'],
  ...['ap-east-1', 'ap-east-2', 'ap-northeast-1', 'ap-northeast-2', 'ap-northeast-3', 'ap-south-1', 'ap-south-2'],
  ...['ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3', 'ap-southeast-4', 'ap-southeast-5', 'ap-southeast-6'],
  ...['ap-southeast-7', 'cn-north-1', 'cn-northwest-1', 'us-gov-east-1', 'us-gov-west-1', 'eusc-de-east-1'],
  ...['us-iso-east-1', 'us-iso-west-1', 'us-isob-east-1', 'us-isob-west-1', 'eu-isoe-west-1', 'us-isof-east-1'],
  ...['us-isof-south-1'],
];

/** More slips, and it is another name. */
const MAX_SLIPS = 2;

/**
 * The region that `name` is probably a slip of. Undefined for a known region, and for what may be a new one: a number or an area that is
 * not known yet, with the words that AWS uses.
 */
export function regionMeant(name: string): string | undefined {
  if (REGIONS.includes(name) || wordsOf(name).every(isKnownWord)) return undefined;
  return nearestName(name, REGIONS, MAX_SLIPS);
}

const wordsOf = (name: string): string[] => name.split('-').slice(0, -1);
const AREAS = new Set(REGIONS.map((name) => wordsOf(name)[0] ?? ''));
const DIRECTIONS = new Set(REGIONS.flatMap((name) => wordsOf(name).slice(1)));

function isKnownWord(word: string, index: number): boolean {
  if (index > 0) return DIRECTIONS.has(word);
  // Any two letters may be the code of a country; a known area the other way round is a slip.
  return AREAS.has(word) || (word.length === 2 && !AREAS.has(`${word[1]}${word[0]}`));
}
