/** Whether what is asked for has a name that somebody answers to: streams, single requests, and what else names them. */
import { isMixOfTrace } from '../../demand/config.ts'
import type { Parsed } from '../format/parsed.ts'
import type { Complain } from '../reading/complaint.ts'
import type { Path } from '../reading/path.ts'
import { suggestion } from '../reading/suggestion.ts'
import { serialsOf } from './fleet-check.ts'
import { everyAlias } from './model-names.ts'
import { repeated } from './repeated.ts'

/** What streams ask for, by name; and what else names a model that is asked for. */
export function checkDemand(parsed: Parsed, builds: readonly string[], complain: Complain): void {
  const { demand = [], fleet, coordinator } = parsed
  const known = [...new Set([...everyAlias(parsed), ...builds])]
  const complainUnlessKnown = (name: string, path: Path, atKey = false): void => {
    if (known.includes(name)) return
    complain(path, `\`${name}\` is no alias and no model; ${suggestion(name, known, 'known names')}`, atKey)
  }
  const serials = fleet === undefined ? undefined : serialsOf(fleet)
  for (const [i, stream] of demand.entries()) {
    for (const { name, path, atKey } of modelsOf(stream)) complainUnlessKnown(name, ['demand', i, ...path], atKey)
    if (serials !== undefined) checkSerials(stream, ['demand', i], serials, complain)
  }
  for (const i of repeated(demand.map((stream) => stream.name)))
    complain(['demand', i, 'name'], 'names a stream a second time')
  for (const [i, name] of (coordinator?.REJECT_MODELS ?? []).entries())
    complainUnlessKnown(name, ['coordinator', 'REJECT_MODELS', i])
  const { offers = {}, first_content } = parsed.upstream ?? {}
  for (const name of Object.keys(offers)) complainUnlessKnown(name, ['upstream', 'offers', name], true)
  for (const name of Object.keys(first_content?.models ?? {}))
    complainUnlessKnown(name, ['upstream', 'first_content', 'models', name], true)
}

type Stream = NonNullable<Parsed['demand']>[number]

interface NamedModel {
  readonly name: string
  /** Within the stream. */
  readonly path: Path
  readonly atKey: boolean
}

function modelsOf(stream: Stream): readonly NamedModel[] {
  if (!('mix' in stream)) {
    return stream.requests.map(({ model }, j) => ({ name: model, path: ['requests', j, 'model'], atKey: false }))
  }
  if (!isMixOfTrace(stream.mix)) {
    return Object.keys(stream.mix).map((name) => ({ name, path: ['mix', name], atKey: true }))
  }
  const { as = {}, others } = stream.mix
  return [
    ...Object.entries(as).map(([label, name]) => ({ name, path: ['mix', 'as', label], atKey: false })),
    ...(others === undefined ? [] : [{ name: others, path: ['mix', 'others'], atKey: false }]),
  ]
}

/** Single requests may be for Macs by serial. */
function checkSerials(stream: Stream, at: Path, known: readonly string[], complain: Complain): void {
  if (!('requests' in stream)) return
  for (const [j, { serial: given }] of stream.requests.entries()) {
    const listed = typeof given === 'string' ? [given] : (given ?? [])
    const place: Path = [...at, 'requests', j, 'serial']
    for (const [i, serial] of listed.entries()) {
      if (known.includes(serial)) continue
      const text = `\`${serial}\` is no Mac of the fleet; ${suggestion(serial, known, 'known serials')}`
      complain(typeof given === 'string' ? place : [...place, i], text)
    }
  }
}
