/**
 * Metrics by name: the paths of the result JSON as one string, `models["gemma-4-26b"].rate_429`. They are how
 * expectations, comparisons and sweeps name a figure. A name between brackets may hold anything, a name after a dot
 * anything but dots and brackets; either way of writing reads the same figure.
 */
import { type Figure, FIGURES, type GoodDirection, namesBelow, placeOf, type Unit } from './figures.ts'
import type { RunResult } from '../result.ts'
import { isUnseen } from './unseen.ts'

/** `models["a.b"].ttft_ms.p50` → models, a.b, ttft_ms, p50; undefined when it is no path. */
export function parseMetricPath(path: string): readonly string[] | undefined {
  const names: string[] = []
  const token = /\.?([^.[\]"']+)|\["([^"]*)"\]|\['([^']*)'\]/y
  while (token.lastIndex < path.length) {
    const start = token.lastIndex
    const match = token.exec(path)
    if (match === null) return undefined
    // A dot parts a name from what is before it: at the start there is nothing, and before a bracket it is not written.
    if (match[1] !== undefined && start > 0 !== (path[start] === '.')) return undefined
    names.push(match[1] ?? match[2] ?? match[3]!)
  }
  return names.length === 0 ? undefined : names
}

/** null: the run has no data for it. undefined: there is no such metric. */
export function readMetric(result: RunResult, path: string): number | null | undefined {
  const names = parseMetricPath(path)
  if (names === undefined || !Object.hasOwn(FIGURES, names[0]!)) return undefined
  if (isUnseen(result, names)) return null
  let value: unknown = result
  for (const name of names) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return absent(names)
    value = (value as { readonly [name: string]: unknown })[name]
  }
  return typeof value === 'number' || value === null ? value : undefined
}

/** What a path stands for that the result does not hold. */
function absent(names: readonly string[]): number | null | undefined {
  const place = placeOf(names)
  return place.kind === 'figure' ? place.absent : undefined
}

const PLAIN_NAME = /^[A-Za-z0-9_-]+$/

/** Every figure of a result by its path, in the order of the result. */
export function scalarMetrics(result: RunResult): Map<string, number | null> {
  const metrics = new Map<string, number | null>()
  const walk = (value: unknown, path: string, names: readonly string[], bracketed: boolean): void => {
    if (typeof value === 'number' || value === null) {
      metrics.set(path, isUnseen(result, names) ? null : value)
    } else if (typeof value === 'object') {
      for (const [name, child] of Object.entries(value)) {
        const dotted = !bracketed && PLAIN_NAME.test(name)
        walk(
          child,
          dotted ? `${path}.${name}` : `${path}["${name}"]`,
          [...names, name],
          name === 'ttft_within' || path === 'interference',
        )
      }
    }
  }
  for (const [name, value] of Object.entries(result)) {
    if (Object.hasOwn(FIGURES, name)) walk(value, name, [name], namesBelow(name) === 'model')
  }
  return metrics
}

/** What is declared of the figure at a path; undefined when a path leads to none. */
function figureAt(path: string): Figure | undefined {
  const names = parseMetricPath(path)
  const place = names === undefined ? undefined : placeOf(names)
  return place?.kind === 'figure' ? place.figure : undefined
}

/** undefined: more is neither better nor worse, or there is no such figure. */
export const goodDirection = (path: string): GoodDirection | undefined => figureAt(path)?.good

/** A number of things where a path leads to no figure. */
export const unitOf = (path: string): Unit => figureAt(path)?.unit ?? 'plain'

/** Whether it may be below 0. */
export const isSigned = (path: string): boolean => figureAt(path)?.signed ?? true

/** The public model that the figure at a path is about; undefined: about the fleet, or about nothing. */
export function modelOf(path: string): string | undefined {
  const names = parseMetricPath(path)
  return names !== undefined && namesBelow(names[0]!) === 'model' ? names[1] : undefined
}
