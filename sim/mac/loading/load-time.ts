/**
 * How long a cold load takes, part by part: a hash where one is due, bytes from the SSD and from the page cache, and
 * the engine's preparation. The facts hold no distribution of load times, only anchors; the scatter is the one that
 * mac-provider 5 derives from them (gpt-oss-20b: median 4–6 s on a Max, 8–10 s on a base chip).
 */
import { ln } from '../../base/math.ts'
import { type Micros, MICROS_PER_SECOND, microsFromSeconds } from '../../base/time.ts'
import { sampler } from '../../kernel/distributions.ts'
import type { RandomStream } from '../../kernel/scheduler.ts'
import type { MacSettings } from '../config.ts'

export interface LoadWork {
  readonly fileBytes: number
  /** Of these, what the page cache delivers to the read; all that fits, after a hash. */
  readonly cachedBytes: number
  readonly ssd_gbs: number
  /** The file's fingerprint has changed since its last hash. */
  readonly hashes: boolean
}

/** Seconds by part. */
export interface LoadParts {
  /** SHA-256, slower than any SSD of the catalogue delivers; holds no lock of the GPU. */
  readonly hash: number
  readonly readCold: number
  readonly readCached: number
  /** Engine building and probe forward, after the lock of the GPU is free again. */
  readonly prepare: number
}

/** Of the median load. */
export const medianLoad = (work: LoadWork, settings: MacSettings): LoadParts => {
  const { load } = settings
  return partsAt(work, settings, Math.min(work.ssd_gbs, load.rate_max) * load.rate_factor_median, load.page_cache_rate)
}

function partsAt(work: LoadWork, settings: MacSettings, cold_gbs: number, cached_gbs: number): LoadParts {
  return {
    hash: work.hashes ? gigabytes(work.fileBytes) / settings.hash_rate : 0,
    readCold: gigabytes(work.fileBytes - work.cachedBytes) / cold_gbs,
    readCached: gigabytes(work.cachedBytes) / cached_gbs,
    prepare: settings.load.fixed / 1e6,
  }
}

const gigabytes = (bytes: number): number => bytes / 1e9

export interface LoadTime {
  readonly hash: Micros
  /** Reading weights, which holds the GPU's lock. */
  readonly read: Micros
  readonly build: Micros
}

/** A year: longer than any run, and what no factor of chance turns into a time beyond the clock. */
const SECONDS_MAX = 366 * 86_400
const within = (seconds: number): Micros => microsFromSeconds(Math.min(SECONDS_MAX, seconds))

/** A load that takes `factor` times as long in all its parts. */
export const stretched = ({ hash, read, build }: LoadTime, factor: number): LoadTime => ({
  hash: within((hash / MICROS_PER_SECOND) * factor),
  read: within((read / MICROS_PER_SECOND) * factor),
  build: within((build / MICROS_PER_SECOND) * factor),
})

/**
 * Draws the same whichever branch it takes, so that one load's luck does not shift the next one's. A load that crawls
 * does so from the SSD: what is cached is not swapped.
 */
export function drawLoadTime(
  work: LoadWork,
  freeShareAfterwards: number,
  settings: MacSettings,
  random: RandomStream,
): LoadTime {
  const { load } = settings
  const factor = sampler({ kind: 'lognormal', mu: ln(load.rate_factor_median), sigma: load.rate_factor_sigma })(random)
  const crawls = random.uniform() < load.slow_share && freeShareAfterwards < load.slow_below_free
  const crawl_gbs = sampler({ kind: 'uniform', min: load.slow_rate_min, max: load.slow_rate_max })(random)
  const cold_gbs = crawls ? crawl_gbs : Math.min(work.ssd_gbs, load.rate_max) * factor
  const parts = partsAt(work, settings, cold_gbs, load.page_cache_rate * (factor / load.rate_factor_median))
  return {
    hash: within(parts.hash),
    read: within(parts.readCold + parts.readCached),
    build: load.fixed,
  }
}
