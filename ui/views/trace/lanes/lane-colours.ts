/**
 * Colours of lanes, as numbers that pixels are made of: a model's hue in the lightness of a phase, pools, and scales for heat,
 * memory and queue.
 */
import { LANE_STATES } from '../../../data/fleet/lane-states.ts'
import type { RunNames } from '../../../../sim/lab/runs/run-names.ts'
import { modelColour, resolved } from '../../../parts/colours.ts'
import { LANE_TRACKS, type LaneTrack } from '../../../state/dashboard.ts'
import { modelBehind } from '../tracks/layer-look.ts'

export const TRACKS = LANE_TRACKS

export interface TrackText {
  readonly title: string
  /** Of the legend's two ends; undefined: it has names instead. */
  readonly scale?: readonly [string, string]
}

export const TRACK_TEXTS: { readonly [T in LaneTrack]: TrackText } = {
  state: { title: 'model and phase' },
  pool: { title: 'pool' },
  heat: { title: 'heat', scale: ['full speed', '50 % of the speed lost'] },
  memory: { title: 'memory', scale: ['empty', 'full'] },
  queue: { title: 'queue', scale: ['nobody waits', '8 wait'] },
}

/** Values at which a scale is at its end: percent of speed lost, percent of memory, requests waiting. */
const FULL: { readonly [T in 'heat' | 'memory' | 'queue']: number } = { heat: 50, memory: 100, queue: 8 }

export const SCALE_COLOURS: { readonly [T in 'heat' | 'memory' | 'queue']: string } = {
  heat: 'var(--c1)',
  memory: 'var(--c6)',
  queue: 'var(--c3)',
}

/** [red, green, blue] of each. */
export type Rgb = readonly [number, number, number]

export interface Palette {
  /**
   * Of each build, its place plus 1 (0: none): colours by place in LANE_STATES, and the same where a load shows the ground
   * between its hatches.
   */
  readonly phases: readonly (readonly [states: readonly Rgb[], hatched: readonly Rgb[]])[]
  /** ABGR words by byte value. */
  readonly tables: { readonly [T in Exclude<LaneTrack, 'state'>]: Uint32Array }
  /** CSS, for what is drawn as shapes. */
  readonly css: { readonly [name in 'line' | 'text' | 'muted' | 'accent']: string }
}

/** Of `#rgb` or `#rrggbb`: style sheets are shortened when they are built. */
export function rgbOf(css: string): Rgb {
  const digits = /^#([\da-f]{3}|[\da-f]{6})$/i.exec(css)?.[1]
  if (digits === undefined) return [128, 128, 128]
  const full = digits.length === 3 ? digits.replaceAll(/./g, '$&$&') : digits
  return [0, 2, 4].map((at) => Number.parseInt(full.slice(at, at + 2), 16)) as unknown as Rgb
}

/** As a pixel of ImageData on little-endian machines, which all that run browsers are. */
export const word = ([r, g, b]: Rgb): number => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0

const between = (from: Rgb, to: Rgb, share: number): Rgb =>
  [0, 1, 2].map((i) => Math.round(from[i]! + (to[i]! - from[i]!) * share)) as unknown as Rgb

/** How far towards the darkest or the ground a model's hue goes in each phase: prefill most ink, idle least. */
const INK: { readonly [S in (typeof LANE_STATES)[number]]: number } = {
  prefill: 1.3,
  decode: 0.78,
  loading: 1,
  idle: 0.16,
  offline: 0,
}

export function phasesOf(hue: Rgb | undefined, css: (variable: string) => string): Palette['phases'][number] {
  const [ground, ink] = [rgbOf(css('panel')), rgbOf(css('text'))]
  const own = (state: (typeof LANE_STATES)[number]): Rgb => {
    if (state === 'offline' || hue === undefined) return rgbOf(css(`state-${state}`))
    const share = INK[state]
    return share > 1 ? between(hue, ink, share - 1) : between(ground, hue, share)
  }
  const states = LANE_STATES.map(own)
  return [states, states.map((rgb, i) => (LANE_STATES[i] === 'loading' ? between(rgb, ground, 0.75) : rgb))]
}

/** As CSS. */
export const cssOf = ([r, g, b]: Rgb): string => `rgb(${Math.round(r)} ${Math.round(g)} ${Math.round(b)})`

/** Of a build, a pool or a model. */
export function hueOf(element: Element, name: string, names: RunNames | undefined): Rgb {
  const models = names?.models ?? []
  const { model } = modelBehind(names, name)
  return rgbOf(resolved(element, models.includes(model) ? modelColour(model, models) : 'var(--c7)'))
}

export function paletteOf(element: Element, names: RunNames | undefined, pools: readonly string[]): Palette {
  const css = (variable: string): string => resolved(element, `var(--${variable})`)
  const ground = rgbOf(css('sunken'))
  const poolRgb = [ground, ...pools.map((pool) => hueOf(element, pool, names))]
  const scale = (name: 'heat' | 'memory' | 'queue'): Uint32Array => {
    const full = rgbOf(resolved(element, SCALE_COLOURS[name]))
    return Uint32Array.from({ length: 256 }, (_, value) =>
      // The first step is to be seen: one that waits is not nobody.
      word(between(ground, full, value === 0 ? 0 : Math.min(1, 0.15 + (0.85 * value) / FULL[name]))),
    )
  }
  return {
    phases: [
      phasesOf(undefined, css),
      ...(names?.builds ?? []).map((build) => phasesOf(hueOf(element, build, names), css)),
    ],
    tables: {
      pool: Uint32Array.from({ length: 256 }, (_, p) => word(poolRgb[p] ?? ground)),
      heat: scale('heat'),
      memory: scale('memory'),
      queue: scale('queue'),
    },
    css: {
      line: css('line'),
      text: css('text'),
      muted: css('muted'),
      accent: css('accent'),
    },
  }
}
