/**
 * Which colour stands for what, the same on every screen. An arm has its colour by name: each built-in policy a home, every
 * other arm the first free place in the scenario's order, so that no opening order and no chart moves it. Eight places whose
 * colours anybody can tell apart (test/ui/parts/colours.test.ts computes it); the ninth arm takes a colour again, dashed. Models and
 * reasons have sets of their own and are told from arms by place, shape and texture as well.
 */
const PLACES = 8

/** Homes of the built-in policies: those that scenarios compare with each other lie apart. */
const HOMES: { readonly [policy: string]: number } = {
  open: 0,
  'pools-afe8135': 1,
  pools: 2,
  'pools-c636354': 3,
  'pools-1a5822c': 4,
  'pools-25fdd11': 5,
  'pools-d678140': 6,
  placement: 7,
  'dedicated-family': 3,
  'pools-draining': 4,
  'least-loaded': 1,
  'power-of-two': 2,
  'fewest-queued-tokens': 3,
  'prefill-aware': 4,
  'reserve-macs': 5,
  'sticky-account': 6,
  'demand-share': 7,
  'deadline-admission': 1,
  'forgetting-floor': 2,
  'exploring-floor': 5,
  'shed-by-price': 6,
}

const isBuiltin = (arm: string): boolean => Object.hasOwn(HOMES, arm)

export interface ArmLook {
  /** CSS, for SVG and HTML; `resolved` makes it one for canvas. */
  readonly colour: string
  /** For `stroke-dasharray` and, split, for `setLineDash`; '' is a whole line. */
  readonly dash: string
}

const DASHES = ['', '7 3', '2 3', '9 3 2 3'] as const

const known = new WeakMap<readonly string[], ReadonlyMap<string, ArmLook>>()

function looksOf(arms: readonly string[]): ReadonlyMap<string, ArmLook> {
  const made = known.get(arms)
  if (made !== undefined) return made
  const found = new Map<string, ArmLook>()
  const used = Array.from({ length: PLACES }, () => 0)
  const take = (arm: string, home: number): void => {
    const least = Math.min(...used)
    const free = (place: number): boolean => used[place] === least
    const place = free(home) ? home : used.findIndex((_, each) => free(each))
    found.set(arm, { colour: `var(--arm${place})`, dash: DASHES[used[place]! % DASHES.length]! })
    used[place]! += 1
  }
  // Whoever has a home gets it before others look for what is free.
  for (const arm of arms.filter(isBuiltin)) take(arm, HOMES[arm]!)
  for (const arm of arms.filter((each) => !isBuiltin(each))) if (!found.has(arm)) take(arm, 0)
  known.set(arms, found)
  return found
}

/** `arms`: all of the dataset, in the scenario's order (`armsOf`), whichever of them are shown. */
export const armLook = (name: string, arms: readonly string[]): ArmLook =>
  looksOf(arms).get(name) ?? { colour: 'var(--muted)', dash: '' }

export const armColour = (name: string, arms: readonly string[]): string => armLook(name, arms).colour

const MODEL_HUES = 6

/** A hue for areas, such as a Mac's lane; phases are lighter and darker shades of it. `models` in the order of the result. */
export const modelColour = (name: string, models: readonly string[]): string =>
  `var(--model${Math.max(0, models.indexOf(name)) % MODEL_HUES})`

export const TEXTURES = ['plain', 'rising', 'falling', 'dots', 'cross', 'level', 'upright', 'grid'] as const
export type Texture = (typeof TEXTURES)[number]

export interface ReasonMark {
  readonly colour: string
  /** Areas of reasons are told apart by it too: their colours are close to each other and to nothing else. */
  readonly texture: Texture
}

/** Reasons keep their mark whichever of them occur. */
const REASONS = [
  'machine_busy',
  'pool_exhausted',
  'ttft_too_slow',
  'queue_full',
  'queue_timeout',
  'model_shed',
  'no_provider',
]

export function reasonMark(reason: string): ReasonMark {
  const place = REASONS.indexOf(reason)
  const own = place < 0 ? REASONS.length : place
  return { colour: `var(--reason${own % 4})`, texture: TEXTURES[own % TEXTURES.length]! }
}

/** A colour by place, where neither arm, model nor reason is meant. */
export const colour = (place: number): string => `var(--arm${place % PLACES})`

/** The value of a CSS colour, for canvas. */
export function resolved(element: Element, css: string): string {
  const name = /^var\((--[\w-]+)\)$/.exec(css)?.[1]
  return name === undefined ? css : getComputedStyle(element).getPropertyValue(name).trim()
}
