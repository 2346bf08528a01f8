export { version as VERSION } from '../../package.json';

export const NAME = '@org/monitoring';
