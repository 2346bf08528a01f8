import type { IncomingHttpHeaders } from 'node:http';
import type { Faults } from './faults.js';
import type { Store } from './store/store.js';
import type { Production } from './views/cost.js';

export interface ViewOptions {
  readonly production: Production;
  readonly dashboardFolders: readonly string[];
  /** What a frame of an error links to; undefined: nothing. */
  readonly editor: string | undefined;
}

export interface ApiContext {
  readonly store: Store;
  readonly faults: Faults;
  readonly now: number;
  readonly started: number;
  readonly views: ViewOptions;
}

export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
