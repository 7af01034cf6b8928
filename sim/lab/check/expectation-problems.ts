/**
 * What is wrong with a scenario's `expect:` before anything runs. A figure, a row or a name that cannot exist would be
 * judged as nothing found, and "at most 0 of them" would pass for ever; a bound in the wrong unit passes as well.
 */
import type { Problem } from '../../base/result.ts'
import {
  isEach,
  isNamed as isNamedFigures,
  type NameKind,
  parseMetricPath,
  placeOf,
  type Unit,
} from '../../metrics/index.ts'
import {
  type Amount,
  type Complaint,
  type ScenarioExpectation,
  type LoadedScenario,
  type Path,
  problemAt,
} from '../../scenario/index.ts'
import { suggestion } from '../../scenario/reading/suggestion.ts'
import {
  type Cell,
  type Column,
  type ColumnType,
  isNamed,
  type NamedTexts,
  type TextValues,
} from '../../trace/column.ts'
import { KINDS } from '../../trace/schema.ts'
import { DEFAULT_POLICY } from '../runs/arms.ts'
import { amountOf } from './published.ts'
import { NAMED_BY_SERIAL } from '../runs/row-count.ts'
import { type Vocabulary, vocabularyOf } from '../runs/vocabulary.ts'

/** In the order of the entries, each with its place in the file. */
export function expectationProblems(loaded: LoadedScenario): readonly Problem[] {
  const { scenario, origin } = loaded
  const vocabularies = new Map<string | undefined, Vocabulary>()
  const vocabularyFor = (policy: string | undefined): Vocabulary => {
    const known = vocabularies.get(policy) ?? vocabularyOf(loaded, policy === undefined ? undefined : [policy])
    vocabularies.set(policy, known)
    return known
  }
  const [only, ...others] = scenario.policies.length === 0 ? [DEFAULT_POLICY] : scenario.policies.map((arm) => arm.as)
  return scenario.expect
    .flatMap((entry, index): readonly Complaint[] => {
      const at = ['expect', index]
      const arm = entry.policy ?? (others.length === 0 ? only : undefined)
      if (entry.kind === 'metric' && entry.versus !== undefined && entry.versus === arm) {
        return [{ path: [...at, 'versus'], message: `compares \`${arm}\` with itself` }]
      }
      return complaintsAbout(entry, at, vocabularyFor(entry.policy))
    })
    .map((complaint) => problemAt(origin, complaint))
}

function complaintsAbout(entry: ScenarioExpectation, at: Path, vocabulary: Vocabulary): readonly Complaint[] {
  if (entry.kind === 'row') return [...rowComplaints(entry, at, vocabulary), ...boundComplaints(entry, at, ROWS)]
  const base = (entry.over ?? []).flatMap((path, i): Complaint[] => {
    const message = metricProblem(path, vocabulary)
    return message === undefined ? [] : [{ path: [...at, 'over', i], message }]
  })
  const figure = metricFigure(entry.metric, vocabulary)
  if (typeof figure === 'string') return [{ path: [...at, 'metric'], message: figure }, ...base]
  const bounded = entry.over === undefined ? figure : RATIO
  if (entry.versus === undefined) return [...base, ...boundComplaints(entry, at, bounded)]
  if (figure.good !== undefined) return []
  const message = `${entry.metric} has no good direction, so improves_by means nothing for it`
  return [{ path: [...at, 'metric'], message }]
}

/** Why no run can have a figure of that name; undefined when one can. */
export function metricProblem(path: string, vocabulary: Vocabulary): string | undefined {
  const figure = metricFigure(path, vocabulary)
  return typeof figure === 'string' ? figure : undefined
}

interface Bounded {
  readonly what: string
  readonly unit: Unit
  readonly good?: 'up' | 'down' | undefined
  readonly signed: boolean
}

const ROWS: Bounded = { what: 'a number of rows', unit: 'plain', signed: false }

const RATIO: Bounded = { what: 'a ratio', unit: 'share', signed: false }

const UNITS: { readonly [unit in Unit]: string } = {
  share: 'a share',
  ms: 'in milliseconds',
  s: 'in seconds',
  'tok/s': 'in tokens per second',
  'provider-s': 'in provider-seconds',
  tokens: 'a number of tokens',
  USD: 'in US dollars',
  kWh: 'in kilowatt-hours',
  Wh: 'in watt-hours',
  plain: 'a number',
}

function metricFigure(path: string, vocabulary: Vocabulary): Bounded | string {
  const names = parseMetricPath(path)
  if (names === undefined) return `\`${path}\` is no path; one looks like models["m"].goodput`
  const place = placeOf(names, (kind, name) => vocabulary.has(kind, name))
  if (place.kind === 'figure') return { what: `\`${path}\` is ${UNITS[place.figure.unit]}`, ...place.figure }
  if (place.kind === 'group') {
    const { node } = place
    if (isEach(node)) return `\`${path}\` is a group of figures; ${vocabulary.suggest(node.each, '', node.always)}`
    const members = Object.keys(isNamedFigures(node) ? node.named : node)
    return `\`${path}\` is a group of figures; name one of ${members.join(', ')}`
  }
  const { at, node } = place
  const lost = names[at]!
  if (node === undefined) return `\`${path}\`: there is nothing below \`${names[at - 1]}\`, which is a figure`
  if (isEach(node)) return `\`${path}\`: ${unknownName(node.each, lost, node.always, vocabulary)}`
  const known = isNamedFigures(node) ? Object.keys(node.named) : Object.keys(node)
  return `\`${path}\`: a result has no \`${lost}\` there; ${suggestion(lost, known, 'figures')}`
}

const NOUN: { readonly [kind in NameKind]: string } = {
  model: 'no request asks for',
  pool: 'no pool can be called',
  metric: 'no policy keeps',
  culprit: 'nobody is blamed under the name',
}

function unknownName(kind: NameKind, name: string, always: readonly string[], vocabulary: Vocabulary): string {
  const publicName = kind === 'pool' ? undefined : vocabulary.publicNameOf(name)
  const hint =
    publicName === undefined ? vocabulary.suggest(kind, name, always) : `it is asked for as \`${publicName}\``
  return `${NOUN[kind]} \`${name}\`; ${hint}`
}

/** The bounds that an entry may have. */
const RELATIONS = ['at_most', 'at_least', 'equals'] as const

function boundComplaints(entry: ScenarioExpectation, at: Path, figure: Bounded): readonly Complaint[] {
  const wrong = RELATIONS.flatMap((relation): Complaint[] => {
    const amount = entry[relation]
    const message = amount === undefined ? undefined : wrongAmount(amount, figure)
    return message === undefined ? [] : [{ path: [...at, relation], message }]
  })
  wrong.push(...publishedComplaints(entry, at, figure))
  const [most, least] = [entry.at_most, entry.at_least]
  if (wrong.length > 0 || most === undefined || least === undefined || amountOf(least) <= amountOf(most)) return wrong
  return [{ path: [...at, 'at_least'], message: 'is more than `at_most`, so nothing can meet both' }]
}

function publishedComplaints(
  { published, tolerance, misses }: ScenarioExpectation,
  at: Path,
  figure: Bounded,
): readonly Complaint[] {
  if (published === undefined) return []
  const complaints: Complaint[] = []
  const look = (amount: Amount, path: Path): void => {
    const message = wrongAmount(amount, figure)
    if (message !== undefined) complaints.push({ path: [...at, ...path], message })
  }
  if (Array.isArray(published)) {
    for (const [i, amount] of published.entries()) look(amount, ['published', i])
    if (amountOf(published[0]) > amountOf(published[1]))
      complaints.push({ path: [...at, 'published'], message: 'must be [least, most]' })
  } else look(published, ['published'])
  if (misses !== undefined) look(misses.simulated, ['misses', 'simulated'])
  for (const [width, path] of [
    [tolerance, ['tolerance']],
    [misses?.drift, ['misses', 'drift']],
  ] as const) {
    if (width === undefined || !('points' in width) || figure.unit === 'share') continue
    complaints.push({ path: [...at, ...path], message: `must be a share of the value, such as 25%: ${figure.what}` })
  }
  return complaints
}

function wrongAmount(amount: Amount, figure: Bounded): string | undefined {
  const { unit, what, signed } = figure
  if (unit === 'share') {
    const meant = typeof amount === 'number' && amount > 1 && amount <= 100 ? `; did you mean ${amount}%?` : ''
    const written = typeof amount === 'number' ? String(amount) : `${amount.percent}%`
    const value = amountOf(amount)
    return value < 0 || value > 1 ? `must be a share, from 0 to 1 or up to 100%, not ${written}${meant}` : undefined
  }
  if (typeof amount !== 'number') {
    const versus = figure === ROWS ? '' : '; an improvement over another arm is `versus` with `improves_by`'
    return `must be a plain number, not ${amount.percent}%: ${what}, and only a share takes a percentage${versus}`
  }
  return amount < 0 && !signed ? `must not be below 0, not ${amount}: ${what}` : undefined
}

function rowComplaints(
  { row, where }: Extract<ScenarioExpectation, { kind: 'row' }>,
  at: Path,
  vocabulary: Vocabulary,
): readonly Complaint[] {
  if (!Object.hasOwn(KINDS, row)) {
    const message = `\`${row}\` is no kind of row; ${suggestion(row, Object.keys(KINDS), 'kinds')}`
    return [{ path: [...at, 'row'], message }]
  }
  const columns: { readonly [name: string]: Column } = KINDS[row]!.columns
  return Object.entries(where).flatMap(([column, value]): Complaint[] => {
    const path: Path = [...at, 'where', column]
    if (!Object.hasOwn(columns, column)) {
      const hint = suggestion(column, Object.keys(columns), 'columns')
      return [{ path, message: `is no column of ${row} rows; ${hint}`, atKey: true }]
    }
    const message = wrongCell(column, value, columns[column]!, vocabulary)
    return message === undefined ? [] : [{ path, message }]
  })
}

function wrongCell(column: string, value: Cell, { type, texts }: Column, vocabulary: Vocabulary): string | undefined {
  if (type === 'bool') return typeof value === 'boolean' ? undefined : `must be true or false, not ${shown(value)}`
  if (type === 'text') {
    if (typeof value !== 'string') return `must be text, not ${shown(value)}`
    return texts === undefined ? undefined : wrongText(value, texts, vocabulary)
  }
  if (NAMED_BY_SERIAL.has(column) && typeof value === 'string') {
    return vocabulary.has('serial', value)
      ? undefined
      : `\`${value}\` is no Mac of the fleet; ${vocabulary.suggest('serial', value)}`
  }
  if (typeof value !== 'number') return `must be ${numberWords(type)}, not ${shown(value)}`
  if (type === 'f64') return undefined
  if (!Number.isSafeInteger(value)) return `must be ${numberWords(type)}, not ${value}`
  if (type === 'u32' && value < 0) return `must not be below 0, not ${value}`
  if (column === 'machine' && value >= vocabulary.machines) {
    return `is no Mac: the fleet has ${vocabulary.machines}, numbered from 0; or name one by its serial`
  }
  if ((column === 'status' || column === 'code') && (value < 100 || value > 599)) {
    return `must be a status from 100 to 599, not ${value}`
  }
  return undefined
}

const numberWords = (type: ColumnType): string =>
  type === 'micros' ? 'whole microseconds, such as 10000000 for 10 s' : type === 'f64' ? 'a number' : 'a whole number'

const shown = (value: Cell): string => (typeof value === 'string' ? `\`${value}\`` : String(value))

function wrongText(text: string, values: TextValues, vocabulary: Vocabulary): string | undefined {
  if (isNamed(values)) return wrongName(text, values, vocabulary)
  if (values.includes(text)) return undefined
  return `\`${text}\` never stands there; ${suggestion(text, values.filter(Boolean), 'known')}`
}

function wrongName(
  text: string,
  { by, orNone, several, also }: NamedTexts,
  vocabulary: Vocabulary,
): string | undefined {
  if (text === '') return orNone ? undefined : 'is never empty'
  const unknown = (several ? text.split(',') : [text]).find((one) => !also.includes(one) && !vocabulary.has(by, one))
  if (unknown === undefined) return undefined
  const publicName = by === 'model' ? vocabulary.publicNameOf(unknown) : undefined
  const hint = publicName === undefined ? vocabulary.suggest(by, unknown, also) : `it is asked for as \`${publicName}\``
  return `\`${unknown}\` never stands there; ${hint}`
}
