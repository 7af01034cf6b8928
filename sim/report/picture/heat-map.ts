/**
 * A grid as maps: one per figure and policy, the first setting down, the second across, and a map for every combination of
 * what else varies. All maps of a figure share one scale, or two policies could not be compared by their shades.
 */
import type { Estimate } from '../../lab/estimates/estimate.ts'
import { gridOf, type SweepCell, type SweepResult } from '../../lab/compare/sweep.ts'
import { shownMetrics } from './sweep-figures.ts'
import { type Unit, unitOf } from '../form/unit.ts'

export interface HeatMap {
  /** What distinguishes it from the others of its figure: the policy, and settings that are neither down nor across. */
  readonly title: string
  /** By row, then by column; undefined: no such cell. */
  readonly cells: readonly (readonly (Estimate | undefined)[])[]
}

export interface HeatMaps {
  /** The figure, and the model it is of. */
  readonly label: string
  readonly unit: Unit
  readonly down: HeatAxis
  readonly across: HeatAxis
  readonly maps: readonly HeatMap[]
  readonly scale: HeatScale | undefined
}

export interface HeatAxis {
  readonly name: string
  readonly values: readonly string[]
}

/** From the smallest centre of all maps to the largest; absent where no cell has data. */
export interface HeatScale {
  readonly low: number
  readonly high: number
}

export const centreOfCell = (cell: Estimate | undefined): number | undefined =>
  cell === undefined ? undefined : (cell.median ?? cell.mean ?? undefined)

/** 0 … 1 along the scale; beyond its ends, the end. In the middle where all cells are equal. */
export function placeOn({ low, high }: HeatScale, value: number): number {
  if (low === high) return 0.5
  return Math.min(1, Math.max(0, (value - low) / (high - low)))
}

/** `metrics`: those that were asked for; else what decides, per model. */
export function heatMapsOf(result: SweepResult, metrics: readonly string[]): readonly HeatMaps[] {
  const figures =
    metrics.length > 0
      ? metrics.map((path) => ({ label: path, path }))
      : result.models.flatMap((model) =>
          shownMetrics(model).map(({ label, path }) => ({ label: `${label} of ${model}`, path })),
        )
  return figures.map(({ label, path }) => mapsOf(result, label, path))
}

function mapsOf(result: SweepResult, label: string, path: string): HeatMaps {
  const [down, across, ...others] = result.axes
  const keyOf = (policy: string, settings: SweepCell['settings']): string =>
    JSON.stringify([policy, ...result.axes.map((axis) => settings[axis.path])])
  const known = new Map(result.cells.map((each) => [keyOf(each.policy, each.settings), each.metrics[path]]))
  const cell = (policy: string, settings: SweepCell['settings']): Estimate | undefined =>
    known.get(keyOf(policy, settings))
  const vertical: HeatAxis = { name: down!.path, values: down!.values }
  const maps: readonly HeatMap[] =
    across === undefined
      ? [
          {
            title: '',
            cells: vertical.values.map((value) =>
              result.policies.map((policy) => cell(policy, { [down!.path]: value })),
            ),
          },
        ]
      : gridOf(others).flatMap((point) =>
          result.policies.map((policy) => ({
            title: [policy, ...Object.entries(point).map(([axis, value]) => `${axis}=${value}`)].join(', '),
            cells: vertical.values.map((row) =>
              across.values.map((column) => cell(policy, { ...point, [down!.path]: row, [across.path]: column })),
            ),
          })),
        )
  const centres = maps
    .flatMap(({ cells }) => cells.flat().map(centreOfCell))
    .filter((value) => value !== undefined && Number.isFinite(value)) as readonly number[]
  const scale = centres.length === 0 ? undefined : { low: least(centres), high: -least(centres.map((each) => -each)) }
  return {
    label,
    unit: unitOf(path),
    down: vertical,
    across:
      across === undefined ? { name: 'policy', values: result.policies } : { name: across.path, values: across.values },
    maps,
    scale,
  }
}

/** Of up to ten thousand. */
const least = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
