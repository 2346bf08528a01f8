import type { ViewOptions } from '@opentelemetry/sdk-metrics';
import type { MetricView } from '../config/metric-views.js';
import { type SdkViewsOptions, sdkViews } from './sdk-views.js';
import { type SourceViews, type SourceViewsOptions, sourceViews } from './source-views.js';

/** The views of a configuration file. A bundle of its own, which loads when the file has some. */

export interface Views {
  /** For the instruments of the SDK: the application's, and the host's. */
  sdk: ViewOptions[];
  /** For what is kept outside the SDK: requests, and OpenTelemetry's instrumentations. */
  sources: SourceViews;
}

export function createViews(views: readonly MetricView[], options: SdkViewsOptions & SourceViewsOptions): Views {
  return { sdk: sdkViews(views, options), sources: sourceViews(views, options) };
}
