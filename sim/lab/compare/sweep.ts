/** A grid of runs: every combination of the varied settings, under every policy and seed. */
import type { GatheredAssumed } from './assumed.ts'
import { outcomesFor } from '../estimates/collapse-odds.ts'
import { type Estimate, Estimator } from '../estimates/estimate.ts'
import { shapeOf } from '../estimates/figure-shape.ts'
import { metricColumns, metricPaths } from '../estimates/metric-columns.ts'
import type { JobDone } from '../runs/ports.ts'

/** One varied setting, values as the user wrote them. */
export interface Axis {
  readonly path: string
  readonly values: readonly string[]
}

/** All results stay in memory until the grid is done, at some 50 KB each; and this many runs take hours. */
export const SWEEP_RUNS_MAX = 10_000

export interface SweepCell {
  /** Axis path → value. */
  readonly settings: { readonly [path: string]: string }
  readonly policy: string
  readonly metrics: { readonly [metric: string]: Estimate }
}

export interface SweepResult {
  readonly format: 'fleetlab.sweep/1'
  readonly scenario: { readonly name: string }
  readonly axes: readonly Axis[]
  readonly policies: readonly string[]
  readonly seeds: readonly number[]
  readonly models: readonly string[]
  readonly cells: readonly SweepCell[]
  readonly warnings: readonly string[]
  /** What the figures rest on without anybody knowing it; `arms` are cells here. */
  readonly assumed: readonly GatheredAssumed[]
  readonly meta: { readonly [key: string]: string | number }
}

/** Every point of the grid, the last axis running fastest. */
export function gridOf(axes: readonly Axis[]): readonly { readonly [path: string]: string }[] {
  return axes.reduce<readonly { readonly [path: string]: string }[]>(
    (points, axis) => points.flatMap((point) => axis.values.map((value) => ({ ...point, [axis.path]: value }))),
    [{}],
  )
}

/** The figures of one cell, over its runs of all seeds. */
export function cellOf(
  settings: { readonly [path: string]: string },
  policy: string,
  runs: readonly JobDone[],
): SweepCell {
  const results = runs.map((run) => run.result)
  const columns = metricColumns(results, metricPaths(results))
  const estimator = new Estimator()
  const metrics = Object.fromEntries(
    [...columns].map(([path, values]) => {
      const humps = new Set(outcomesFor(results, path)).size > 1
      return [path, estimator.estimate(values, shapeOf(path), humps)]
    }),
  )
  return { settings, policy, metrics }
}
