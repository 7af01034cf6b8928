/**
 * A comparison in words. Only goodput and fragmentation speak: latencies of the served are left out, because refusing
 * improves them. A difference counts by the rule of sim/lab/estimates/verdict.ts; with few seeds there is no verdict.
 */
import type { CompareResult } from '../../lab/compare/compare.ts'
import type { JudgedDifference } from '../../lab/estimates/verdict.ts'
import { fragmentationMetrics, outcomeMetrics } from './headline.ts'
import { cell, type TextCell, type Tone } from './paint.ts'
import { formatDifference, unitOf } from './unit.ts'

/** unclear: more seeds would tell, or there is no good direction. unknown: no interval. */
export type Direction = 'better' | 'worse' | 'equal' | 'unclear' | 'unknown'

export function directionOf({ verdict, significant }: JudgedDifference): Direction {
  if (significant === null) return 'unknown'
  if (verdict === 'equivalent') return 'equal'
  return verdict === 'better' || verdict === 'worse' ? verdict : 'unclear'
}

export const toneOfDirection: { readonly [direction in Direction]: Tone } = {
  better: 'good',
  worse: 'bad',
  equal: 'dim',
  unclear: 'dim',
  unknown: 'plain',
}

interface Finding {
  readonly direction: Direction
  readonly text: string
}

/** What each deciding metric is called when it went up or down, and when it did not. */
interface Phrase {
  readonly path: string
  readonly better: string
  readonly worse: string
  readonly neutral: string
}

function phrasesFor(model: string): readonly Phrase[] {
  const goodput = outcomeMetrics(model).find(({ label }) => label === 'goodput')!
  const [rejected, waited] = fragmentationMetrics(model)
  return [
    {
      path: goodput.path,
      better: 'more served within the SLO',
      worse: 'fewer served within the SLO',
      neutral: 'goodput',
    },
    {
      path: rejected!.path,
      better: 'fewer refused while a capable Mac idled',
      worse: 'more refused while a capable Mac idled',
      neutral: 'refusals beside an idle Mac',
    },
    {
      path: waited!.path,
      better: 'less waiting while a capable Mac idled',
      worse: 'more waiting while a capable Mac idled',
      neutral: 'waiting beside an idle Mac',
    },
  ]
}

/** What was seen all the same: `; higher in 9 of 9 seeds, which is more than chance`. */
export function seedWords({ seeds }: JudgedDifference): string {
  if (seeds === undefined || seeds.higher + seeds.lower === 0) return ''
  const side = seeds.higher >= seeds.lower ? 'higher' : 'lower'
  const all = seeds.higher + seeds.lower + seeds.equal
  return `${side} in ${seeds[side]} of ${all} seeds${seeds.most === null ? '' : ', which is more than chance'}`
}

function finding(phrase: Phrase, difference: JudgedDifference | undefined): Finding | undefined {
  if (difference === undefined || difference.mean === null) return undefined
  const direction = directionOf(difference)
  const figure = `(${formatDifference(difference, unitOf(phrase.path))})`
  const seen = seedWords(difference)
  switch (direction) {
    case 'better':
    case 'worse':
      return { direction, text: `${phrase[direction]} ${figure}` }
    case 'equal':
      if (difference.mean === 0 && difference.ci95?.[0] === difference.ci95?.[1])
        return { direction, text: `equal ${phrase.neutral}` }
      return { direction, text: `equivalent ${phrase.neutral} ${figure}` }
    case 'unclear':
      return { direction, text: `no difference shown in ${phrase.neutral} ${figure}${seen === '' ? '' : `; ${seen}`}` }
    case 'unknown':
      return {
        direction,
        text: `${phrase.neutral} ${figure}, without an interval: few seeds, or they ended differently`,
      }
  }
}

function wordFor(findings: readonly Finding[]): TextCell {
  const any = (direction: Direction): boolean => findings.some((entry) => entry.direction === direction)
  if (findings.length === 0) return cell('no data', 'warn')
  // Goodput comes first. Of what else there is no interval, nothing is shown either way.
  if (findings[0]!.direction === 'unknown') return cell('no verdict: intervals need five seeds', 'warn')
  if (any('better') && any('worse')) return cell('mixed', 'warn')
  if (any('better')) return cell('better', 'good')
  if (any('worse')) return cell('worse', 'bad')
  return any('unclear') || any('unknown') ? cell('no difference shown', 'dim') : cell('equivalent', 'dim')
}

export interface ModelVerdict {
  readonly arm: string
  readonly model: string
  readonly word: TextCell
  readonly findings: readonly string[]
}

export function verdicts(result: CompareResult): readonly ModelVerdict[] {
  return Object.keys(result.differences).flatMap((arm) =>
    result.models.map((model) => {
      const findings = phrasesFor(model)
        .map((phrase) => finding(phrase, result.differences[arm]?.[phrase.path]))
        .filter((entry) => entry !== undefined)
      return { arm, model, word: wordFor(findings), findings: findings.map((entry) => entry.text) }
    }),
  )
}
