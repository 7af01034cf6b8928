/**
 * Which colour stands for what, the same on every screen: an arm by its place in the dataset, a model by its place in the
 * result, a refusal's reason by name. Never colour alone: legends and tooltips name what it stands for.
 */
const COLOURS = 8

/** A CSS colour for SVG and HTML. */
export const colour = (place: number): string => `var(--c${place % COLOURS})`

/** Reasons keep their colour whichever of them occur. */
const REASONS = [
  'machine_busy',
  'pool_exhausted',
  'ttft_too_slow',
  'queue_full',
  'queue_timeout',
  'model_shed',
  'no_provider',
]

export function colourOfReason(reason: string): string {
  const place = REASONS.indexOf(reason)
  return colour(place < 0 ? COLOURS - 1 : place + 1)
}

/** The value of a CSS colour, for canvas. */
export function resolved(element: Element, css: string): string {
  const name = /^var\((--[\w-]+)\)$/.exec(css)?.[1]
  return name === undefined ? css : getComputedStyle(element).getPropertyValue(name).trim()
}
