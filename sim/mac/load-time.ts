/**
 * How long a cold load takes: bytes over a rate that scatters, plus a fixed part. The facts hold no distribution of
 * load times, only anchors; this is the one mac-provider.md §5 derives from them (gpt-oss-20b: median 4–6 s on a Max,
 * 8–10 s on a base chip). Nothing is hashed: routine loads skip it (provider-runtime.md §3.4).
 */
import { ln } from '../base/math.ts'
import { type Micros, microsFromSeconds } from '../base/time.ts'
import type { ModelSpec } from '../catalog/model.ts'
import { sampler } from '../kernel/distributions.ts'
import type { RandomStream } from '../kernel/scheduler.ts'
import type { LoadSettings } from './config.ts'

interface LoadTime {
  /** Reading weights, which holds the GPU's lock. */
  readonly read: Micros
  /** Building the engine afterwards, which does not. */
  readonly build: Micros
}

/** Draws the same whichever branch it takes, so that one load's luck does not shift the next one's. */
export function drawLoadTime(
  model: ModelSpec,
  ssd_gbs: number,
  freeShareAfterwards: number,
  settings: LoadSettings,
  random: RandomStream,
): LoadTime {
  const factor = sampler({
    kind: 'lognormal',
    mu: ln(settings.rate_factor_median),
    sigma: settings.rate_factor_sigma,
  })(random)
  const crawls = random.uniform() < settings.slow_share && freeShareAfterwards < settings.slow_below_free
  const crawl_gbs = sampler({ kind: 'uniform', min: settings.slow_rate_min, max: settings.slow_rate_max })(random)
  const rate_gbs = crawls ? crawl_gbs : Math.min(ssd_gbs, settings.rate_max) * factor
  return { read: microsFromSeconds(model.diskBytes.value / 1e9 / rate_gbs), build: settings.fixed }
}
