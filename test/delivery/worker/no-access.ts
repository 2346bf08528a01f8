import { AwsAccess } from '../../../src/delivery/worker/aws-access.js';

const LOCATION = { useFips: false, useDualStack: false };

/** For what sends nothing to AWS. */
export const NO_ACCESS = new AwsAccess(undefined, 'none', undefined, {
  monitoring: LOCATION,
  logs: LOCATION,
  xray: LOCATION,
});
