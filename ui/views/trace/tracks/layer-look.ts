/** How a layer of a track looks: a model by its hue, whatever is of it alike; reasons and causes by texture; figures by line. */
import type { RunNames } from '../../../../sim/lab/runs/run-names.ts'
import type { Layer } from '../../../data/trace/tracks/track-scenes.ts'
import { modelColour, reasonMark, TEXTURES, type Texture } from '../../../parts/colours.ts'

export interface LayerLook {
  /** CSS. */
  readonly colour: string
  readonly texture: Texture
  readonly dash: readonly number[]
}

const PLAIN: Pick<LayerLook, 'texture' | 'dash'> = { texture: 'plain', dash: [] }
const DASHED = [5, 3] as const

/** Of a run's names; the first build of a model is plain, others of the same model are hatched. */
export function modelBehind(
  names: RunNames | undefined,
  name: string,
): { readonly model: string; readonly nth: number } {
  const model = names?.modelOfBuild[name] ?? name
  const builds = names?.builds.filter((build) => names.modelOfBuild[build] === model) ?? []
  return { model, nth: Math.max(0, builds.indexOf(name)) }
}

const FIGURES: { readonly [name: string]: LayerLook } = {
  SLO: { colour: 'var(--bad)', texture: 'plain', dash: [6, 4] },
  p95: { colour: 'var(--text)', texture: 'plain', dash: [] },
  p50: { colour: 'var(--muted)', texture: 'plain', dash: [] },
}

/** Causes have no hue: they are told by texture alone. */
const CAUSES = [
  'request',
  'cold_spill',
  'swap',
  'warm_pool',
  'plan',
  'heartbeat',
  'warm_pool_candidate',
  'swap_candidate',
]

type LookOf = Pick<Layer, 'name' | 'of' | 'dashed'>

export function layerLook(layer: LookOf, names: RunNames | undefined): LayerLook {
  const { name, of } = layer
  switch (of) {
    case 'figure':
      return FIGURES[name] ?? { colour: 'var(--text)', ...PLAIN }
    case 'reason':
      return { ...reasonMark(name), dash: [] }
    case 'cause': {
      const known = CAUSES.indexOf(name)
      const place = known < 0 ? name.length : known
      return { colour: 'var(--c7)', texture: TEXTURES[place % TEXTURES.length]!, dash: [] }
    }
    case 'pool':
      if (name === 'no pool') return { colour: 'var(--line-strong)', ...PLAIN }
      // What a Mac without a label holds: several builds at once.
      if (name.includes(',')) return { colour: 'var(--c7)', texture: 'cross', dash: [] }
      if (name === 'not connected') return { colour: 'var(--line-strong)', texture: 'falling', dash: [] }
      return ofModel(layer, names)
    case 'model':
    case 'build':
      return ofModel(layer, names)
  }
}

function ofModel({ name, of, dashed }: LookOf, names: RunNames | undefined): LayerLook {
  const models = names?.models ?? []
  const { model, nth } = modelBehind(names, name)
  const dash = dashed === true || (of === 'build' && nth > 0) ? DASHED : []
  return {
    colour: models.includes(model) ? modelColour(model, models) : 'var(--c7)',
    texture: TEXTURES[nth % TEXTURES.length]!,
    dash,
  }
}
