/** Colours of tracks as canvas takes them, read once per theme and run. */
import type { RunNames } from '../../../../sim/lab/runs/run-names.ts'
import type { Layer } from '../../../data/trace/tracks/track-scenes.ts'
import { modelColour, resolved } from '../../../parts/colours.ts'
import type { LayerPaint, TrackColours } from './draw-track.ts'
import { layerLook } from './layer-look.ts'
import { rgbOf } from '../lanes/lane-colours.ts'
import { texturedFill } from './textures.ts'

/** `model`: the only one that is shown, whose hue a heat map has then. */
export function trackColours(element: Element, names: RunNames | undefined, model: string | undefined): TrackColours {
  const css = (variable: string): string => resolved(element, variable)
  const context = document.createElement('canvas').getContext('2d')!
  const paints = new Map<string, LayerPaint>()
  const only = model ?? (names?.models.length === 1 ? names.models[0] : undefined)
  const heat = only === undefined ? css('var(--accent)') : css(modelColour(only, names?.models ?? []))
  return {
    line: css('var(--line)'),
    muted: css('var(--muted)'),
    text: css('var(--text)'),
    sunken: css('var(--sunken)'),
    heat: rgbOf(heat),
    paint(layer: Layer) {
      const key = `${layer.of} ${layer.name} ${layer.dashed === true}`
      const known = paints.get(key)
      if (known !== undefined) return known
      const look = layerLook(layer, names)
      const stroke = css(look.colour)
      const made = { fill: texturedFill(context, stroke, look.texture), stroke, dash: look.dash }
      paints.set(key, made)
      return made
    },
  }
}
