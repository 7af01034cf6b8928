/** The scenarios an import makes: of a ledger the day itself, of another log its demand, of both a twin. */
import { writeTimestamp } from '../../base/calendar.ts'
import { MICROS_PER_SECOND } from '../../base/time.ts'
import { findModel, models as catalogModels } from '../../catalog/index.ts'
import { DayTally } from '../../metrics/figures/day.ts'
import type { ArrivalFigures } from './arrival-figures.ts'
import type { ClockKind } from '../reading/clock.ts'
import type { LedgerBook } from '../ledger/book.ts'
import { ledgerFleet } from '../ledger/fleet.ts'
import type { Notes } from '../reading/log-format.ts'
import type { ReadLog } from '../reading/read-log.ts'
import type { ImportReport, ModelReport } from '../report.ts'
import { type AliasText, demandText, DURATION_MAX_US, type Heading, replayText, twinText } from './scenario-text.ts'
import type { TwinFit } from './twin.ts'

/** All that scenarios are made of. */
export interface DayFacts {
  /** Of the scenarios. */
  readonly name: string
  readonly logs: readonly ReadLog[]
  readonly isLedger: boolean
  readonly kind: ClockKind
  /** Microseconds on that clock. */
  readonly firstAt: number
  readonly lastAt: number
  readonly count: number
  readonly figures: ArrivalFigures
  /** undefined: there is no rate. */
  readonly fit: TwinFit | undefined
  /** By requests. */
  readonly models: readonly ModelReport[]
  readonly prefix: ImportReport['prefix']
  /** Rows say more of a request than its time, its lengths and its model, which a replay of these alone would lose. */
  readonly saysMore: boolean
  readonly book: LedgerBook
  readonly notes: Notes
  /** A model or build as the user calls it. */
  rename(this: void, name: string): string
}

export interface Scenarios {
  readonly files: readonly (readonly [name: string, text: string])[]
  readonly macs: number | undefined
  readonly missing: readonly string[]
}

export const scenariosOf = (day: DayFacts): Scenarios => new ScenarioWriter(day).scenarios()

/** A model of the catalog that the name ends in, as with a vendor before it; else the first. */
const likeliest = (name: string): string =>
  (
    catalogModels.find(({ build, publicName }) =>
      [build, publicName].some((own) => name.toLowerCase().endsWith(own.toLowerCase())),
    ) ?? catalogModels[0]!
  ).build

/** Microseconds until a replay would begin again: the span of the log, and the mean time between its instants. */
function turnOf({ span_s, requests, ties }: ArrivalFigures): number {
  const span_us = Math.round(span_s * MICROS_PER_SECOND)
  return span_us + Math.round(span_us / Math.max(1, requests - ties - 1))
}

export const requestsText = (count: number): string => (count === 1 ? '1 request has' : `${count} requests have`)

class ScenarioWriter {
  constructor(private readonly day: DayFacts) {}

  scenarios(): Scenarios {
    const { firstAt, lastAt, isLedger, notes } = this.day
    if (lastAt - firstAt > DURATION_MAX_US)
      notes.assume('the log is longer than a run may be: 744 hours of it are replayed')
    return isLedger ? this.ledgerScenarios() : this.logScenarios()
  }

  private heading(what: string, duration_us: number): Omit<Heading, 'models' | 'aliases'> {
    const names = this.day.logs.map(({ name }) => name.split('/').at(-1)!)
    return {
      name: this.day.name,
      about: what,
      comments: [`Made by \`fleetlab import\` from ${names.join(', ')}; what was assumed stands in import.json.`],
      duration_us,
    }
  }

  private logScenarios(): Scenarios {
    const { fit, figures, models: reported, prefix, notes, count, saysMore } = this.day
    const span = this.day.lastAt - this.day.firstAt
    const named = reported.filter(({ name }) => name !== '')
    const unknown = named.filter(({ inCatalog }) => !inCatalog).map(({ name }) => name)
    const [only] = catalogModels
    if (named.length === 0)
      notes.assume(`the log names no model: every request is one for ${only!.build}; change \`mix\` in the scenario`)
    if (unknown.length > 0) {
      const shown = unknown.slice(0, 10).join(', ')
      return {
        files: [],
        macs: undefined,
        missing: [
          `no scenario: ${shown}${unknown.length > 10 ? ` and ${unknown.length - 10} more` : ''} ${unknown.length === 1 ? 'is no model' : 'are no models'} of the catalog (${catalogModels.map(({ build }) => build).join(', ')}); say what stands for them, such as --model ${unknown[0]!}=${likeliest(unknown[0]!)}`,
        ],
      }
    }
    const models = named.length === 0 ? [only!.build] : named.map(({ name }) => name)
    const mix =
      named.length === 0
        ? [[only!.build, 1] as const]
        : named.map(({ name, requests }) => [name, requests / count] as const)
    const common = { models, aliases: [], prefix }
    const unnamed = reported.find(({ name }) => name === '')?.requests ?? 0
    const nameless = named.length > 0 && unnamed > 0
    if (nameless) notes.assume(`${requestsText(unnamed)} no model: taken as for ${named[0]!.name}, the most common`)
    return {
      files: [
        [
          'demand.yaml',
          demandText({
            ...this.heading('The requests of a log as they came; the Macs are for another file to bring.', span),
            ...common,
            trace: 'trace.csv',
            renamed: [],
            onlyModel: named.length === 0 ? only!.build : undefined,
            namelessModel: nameless ? named[0]!.name : undefined,
            turn_us: turnOf(figures),
            recordedFrom: span === 0 || saysMore || nameless ? this.timeZero() : undefined,
          }),
        ] as const,
        ...(fit === undefined
          ? []
          : [
              [
                'twin.yaml',
                twinText({
                  ...this.heading(
                    'A synthetic stream like that of a log; the Macs are for another file to bring.',
                    span,
                  ),
                  ...common,
                  macsFrom: undefined,
                  fit,
                  mix,
                }),
              ] as const,
            ]),
      ],
      macs: undefined,
      missing: [
        'the log knows no Macs: write a scenario with `extends: demand.yaml` (or twin.yaml) and a `fleet:`, and run that',
      ],
    }
  }

  /** When the run begins on the clock of the trace, by the first request. */
  private timeZero(): string {
    return this.day.kind === 'epoch' ? writeTimestamp(this.day.firstAt) : '0s'
  }

  private ledgerScenarios(): Scenarios {
    const { kind, logs, fit, book, firstAt, lastAt, count, prefix, notes, rename } = this.day
    if (!logs.some(({ table }) => table === 'request_rejections'))
      notes.assume(
        'request_rejections is not among the files: what was refused at the door is missing, and the load was higher',
      )
    const start = Math.min(firstAt, book.firstSampleAt)
    // Whole minutes: what the hours of the day are compared by stays where it was.
    const origin = Math.floor(start / (60 * MICROS_PER_SECOND)) * 60 * MICROS_PER_SECOND
    const fleet = ledgerFleet(book.macs, start, rename)
    for (const sentence of fleet.assumed) notes.assume(sentence)
    if (book.samples === 0)
      notes.assume(
        'provider_capacity_samples is not among the files: no Mac is taken to be warm at the start, and one that served nothing is missing',
      )
    const { aliases, builds } = this.namesOf(fleet.builds)
    const missing = [...fleet.wrong]
    const unknown = builds.filter((build) => findModel(build) === undefined)
    if (unknown.length > 0) {
      missing.push(
        `${unknown.join(', ')} ${unknown.length === 1 ? 'is no model' : 'are no models'} of the catalog (${catalogModels.map(({ build }) => build).join(', ')}); say what stands for them, such as --model ${unknown[0]!}=${likeliest(unknown[0]!)}`,
      )
    }
    if (missing.length > 0) return { files: [], macs: undefined, missing: missing.map((why) => `no scenario: ${why}`) }
    const duration_us = lastAt - origin
    const tally = new DayTally()
    for (const ending of book.endings()) tally.add(ending)
    const day = tally.day(origin, kind === 'epoch')
    const heading = {
      ...this.heading(
        `A recorded day from ${writeTimestamp(origin)} on, replayed on the Macs of its ledger.`,
        duration_us,
      ),
      models: builds,
      aliases,
    }
    const traceZero = kind === 'epoch' ? 0 : firstAt
    const mix = this.day.models
      .filter(({ name }) => name !== '')
      .map(({ name, requests }) => [name, requests / count] as const)
    return {
      files: [
        ['day.json', `${JSON.stringify(day)}\n`] as const,
        [
          'scenario.yaml',
          replayText({
            ...heading,
            macs: fleet.macs,
            trace: 'trace.csv',
            timeZero: kind === 'epoch' ? writeTimestamp(origin) : `${(origin - traceZero) / MICROS_PER_SECOND}s`,
            day: 'day.json',
          }),
        ] as const,
        ...(fit === undefined
          ? []
          : [
              [
                'twin.yaml',
                twinText({
                  ...heading,
                  about: 'A synthetic stream like that of a ledger, on its Macs, drawn anew for every seed.',
                  macsFrom: 'scenario.yaml',
                  fit,
                  mix,
                  prefix,
                }),
              ] as const,
            ]),
      ],
      macs: fleet.macs.length,
      missing: [],
    }
  }

  /** Public names that are not builds, and every build that something rests on. */
  private namesOf(ofMacs: readonly string[]): {
    readonly aliases: readonly AliasText[]
    readonly builds: readonly string[]
  } {
    const { book, models, rename, notes } = this.day
    const builds = new Set(ofMacs)
    const aliases: AliasText[] = []
    for (const [public_, resolved] of book.builds) {
      const name = rename(public_)
      const counts = new Map<string, number>()
      for (const [build, count] of resolved) counts.set(rename(build), (counts.get(rename(build)) ?? 0) + count)
      const ordered = [...counts].toSorted((a, b) => b[1] - a[1]).map(([build]) => build)
      for (const build of ordered) builds.add(build)
      if (ordered.length === 1 && ordered[0] === name) continue
      const [desired, previous] = ordered.filter((build) => build !== name)
      if (desired !== undefined) aliases.push({ name, desired, previous })
      if (ordered.length > 1)
        notes.assume(`${name} stood for ${ordered.join(' and ')}; which one when is for \`timeline:\` to say`)
    }
    for (const { name } of models) {
      if (name === '' || aliases.some((alias) => alias.name === name) || builds.has(name)) continue
      // Never resolved: refused before anybody looked for a machine. It may still be a build.
      builds.add(name)
    }
    return { aliases, builds: [...builds] }
  }
}
