/**
 * Models whose requests were all refused, and a run in which that is so of every model: whatever its figures say, they are
 * about a fleet that serves nothing. A stray one that is served while everything starts does not excuse it.
 */
import type { BuildId } from '../../base/ids.ts'
import { type Ground, groundOf, refusalGround } from './grounds.ts'
import type { RequestCounts, RunWarning } from '../result.ts'
import type { PresetInForce } from '../settings.ts'

/** Refused share from which a model counts as always refused. */
const ALWAYS = 0.99
/** Reasons named in a sentence. */
const NAMED = 2
/** A pair under one of these could have had the request. */
const CANDIDATES: ReadonlySet<string> = new Set(['equal', 'dearer'])

export interface AskedModel {
  readonly model: string
  readonly counts: RequestCounts
  /** What kept Macs that offer it from getting requests; undefined: none was kept. */
  readonly passedOver: string | undefined
}

const totalOf = (counts: { readonly [reason: string]: number }): number =>
  Object.values(counts).reduce((sum, value) => sum + value, 0)

const isRefused = ({ counts }: AskedModel): boolean =>
  counts.arrived > 0 && totalOf(counts.rejected) >= ALWAYS * counts.arrived

/** One decimal at most, and never 100 % of what is not all. */
const percent = (part: number, whole: number): string =>
  part === whole ? '100 %' : `${Math.min(99.9, Math.round((1_000 * part) / whole) / 10)} %`

interface Cause {
  readonly sentence: string
  readonly look: string
}

/** What stands behind the answers: if no Mac was ever a candidate, that reason says more than the answer. */
function causeOf({ counts, passedOver }: AskedModel, preset: PresetInForce | undefined): Cause {
  const reasons = Object.entries(counts.rejected).sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
  const answers = reasons.slice(0, NAMED).map(([reason, n]) => `${reason} ${percent(n, totalOf(counts.rejected))}`)
  const answer = refusalGround(reasons[0]![0], preset)
  const mac: Ground | undefined =
    passedOver === undefined || CANDIDATES.has(passedOver) ? undefined : groundOf(passedOver, preset)
  const why = mac?.why ?? answer?.why
  const sentence = `${answers.join(', ')}${why === undefined ? '' : `; ${mac === undefined ? why : `Macs that offer it ${PAUSE}${why}`}`}`
  return { sentence, look: mac?.look ?? answer?.look ?? 'the reasons' }
}

const PAUSE = 'were passed over: '

const NOUN = (count: number): string => (count === 1 ? 'request' : 'requests')

export function refusedModels(models: readonly AskedModel[], preset: PresetInForce | undefined): readonly RunWarning[] {
  const asked = models.filter(({ counts }) => counts.arrived > 0)
  const refused = asked.filter(isRefused)
  const each = refused.map((model): RunWarning => {
    const { arrived, rejected } = model.counts
    const { sentence, look } = causeOf(model, preset)
    const share = percent(totalOf(rejected), arrived)
    return {
      code: 'model_always_refused',
      about: model.model,
      text: `${share} of ${arrived} ${NOUN(arrived)} for ${model.model} ${arrived === 1 ? 'was' : 'were'} refused: ${sentence}; look at ${look}`,
      look,
    }
  })
  if (refused.length === 0 || refused.length < asked.length) return each
  const looks = [...new Set(each.map(({ look }) => look))].join('; ')
  const preset_ = preset === undefined ? '' : ` with coordinator.preset ${preset.name}`
  const everything: RunWarning = {
    code: 'everything_refused',
    about: '',
    text: `this fleet${preset_} refuses every model that is asked for, so no figure here is about service; look at ${looks}`,
    look: looks,
  }
  return [everything, ...each]
}

export const buildsOf = (
  builds: readonly { readonly build: BuildId; readonly model: string }[],
  model: string,
): readonly BuildId[] => builds.filter((each) => each.model === model).map(({ build }) => build)
