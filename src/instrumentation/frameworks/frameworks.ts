import type { FrameworkHooks } from '../framework-hooks.js';
import type { Recipe } from '../lazy-instrumentations.js';
import { EXPRESS_MODULES, patchExpress } from './express.js';
import { FASTIFY_MODULES, patchFastify } from './fastify.js';
import { HAPI_MODULES, patchHapi } from './hapi.js';
import { KOA_MODULES, patchKoa } from './koa.js';
import { NEST_ES_FILES, NEST_MODULES, patchNest } from './nest.js';

export const FRAMEWORKS = ['express', 'fastify', 'hapi', 'koa', 'nestjs-core'];

/** Our own patches, by the names by which they can be disabled. */
export function frameworkRecipes(hooks: FrameworkHooks): Recipe[] {
  return [
    { name: 'express', modules: EXPRESS_MODULES, create: () => patchExpress(hooks) },
    { name: 'fastify', modules: FASTIFY_MODULES, create: () => patchFastify(hooks) },
    { name: 'hapi', modules: HAPI_MODULES, create: () => patchHapi(hooks) },
    { name: 'koa', modules: KOA_MODULES, create: () => patchKoa(hooks) },
    { name: 'nestjs-core', modules: NEST_MODULES, esFiles: NEST_ES_FILES, create: () => patchNest(hooks) },
  ];
}
