/** Colours of lanes, as numbers that pixels are made of: states, pools, and scales for heat, memory and queue. */
import { LANE_STATES } from '../../data/lane-states.ts'
import { colour, resolved } from '../../parts/colours.ts'

export const TRACKS = ['state', 'pool', 'heat', 'memory', 'queue'] as const
export type TrackName = (typeof TRACKS)[number]

export interface TrackText {
  readonly title: string
  /** Of the legend's two ends; undefined: it has names instead. */
  readonly scale?: readonly [string, string]
}

export const TRACK_TEXTS: { readonly [T in TrackName]: TrackText } = {
  state: { title: 'slots' },
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
type Rgb = readonly [number, number, number]

export interface Palette {
  readonly states: readonly Rgb[]
  /** ABGR words by byte value. */
  readonly tables: { readonly [T in Exclude<TrackName, 'state'>]: Uint32Array }
  /** CSS, for what is drawn as shapes. */
  readonly css: { readonly [name in 'line' | 'text' | 'muted' | 'accent']: string }
  /** A pixel of state s. */
  readonly stateWords: Uint32Array
}

function rgbOf(css: string): Rgb {
  const hex = /^#(..)(..)(..)$/.exec(css)
  if (hex === null) return [128, 128, 128]
  return [Number.parseInt(hex[1]!, 16), Number.parseInt(hex[2]!, 16), Number.parseInt(hex[3]!, 16)]
}

/** As a pixel of ImageData on little-endian machines, which all that run browsers are. */
const word = ([r, g, b]: Rgb): number => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0

const between = (from: Rgb, to: Rgb, share: number): Rgb =>
  [0, 1, 2].map((i) => Math.round(from[i]! + (to[i]! - from[i]!) * share)) as unknown as Rgb

export function paletteOf(element: Element): Palette {
  const css = (variable: string): string => resolved(element, `var(--${variable})`)
  const states = LANE_STATES.map((state) => rgbOf(css(`state-${state}`)))
  const ground = rgbOf(css('sunken'))
  const pools = Array.from({ length: 256 }, (_, p) => (p === 0 ? css('sunken') : resolved(element, colour(p - 1))))
  const scale = (name: 'heat' | 'memory' | 'queue'): Uint32Array => {
    const full = rgbOf(resolved(element, SCALE_COLOURS[name]))
    return Uint32Array.from({ length: 256 }, (_, value) =>
      // The first step is to be seen: one that waits is not nobody.
      word(between(ground, full, value === 0 ? 0 : Math.min(1, 0.15 + (0.85 * value) / FULL[name]))),
    )
  }
  return {
    states,
    tables: {
      pool: Uint32Array.from(pools, (each) => word(rgbOf(each))),
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
    stateWords: Uint32Array.from(states, word),
  }
}
