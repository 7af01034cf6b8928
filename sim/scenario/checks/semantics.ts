/**
 * Whether a well-formed scenario makes sense: names lead somewhere, times lie inside the run, somebody can serve what
 * is asked. Looks at whatever parts parsed, so that one slip of structure does not hide all other mistakes.
 */
import { OTHER_CULPRITS } from '../../base/culprits.ts'
import { findModel, models as catalogModels } from '../../catalog/index.ts'
import { presetSettings } from '../../coordinator/config.ts'
import { accountsOf, isMixOfTrace } from '../../demand/config.ts'
import { expectedRequests, rateMoves } from '../../demand/expected-requests.ts'
import type { Complain, Complaint } from '../reading/complaint.ts'
import { checkFits } from './fit.ts'
import { checkChips } from '../format/chip-entry.ts'
import { checkFleet, serialsOf } from './fleet-check.ts'
import { buildOf, catalogNameOf } from '../format/model-entry.ts'
import type { Parsed } from '../format/parsed.ts'
import type { Path } from '../reading/path.ts'
import { checkStart } from './start-check.ts'
import { suggestion } from '../reading/suggestion.ts'
import { DEFAULT_ARM, isPolicyFile } from '../format/arm.ts'
import type { Aliases } from '../format/alias.ts'

export interface KnownNames {
  readonly policies: readonly string[]
}

export function checkMeaning(parsed: Parsed, names: KnownNames): readonly Complaint[] {
  const complaints: Complaint[] = []
  const complain: Complain = (path, message, atKey = false) => void complaints.push({ path, message, atKey })
  checkTimes(parsed, complain)
  checkLoad(parsed, complain)
  checkModels(parsed, complain)
  checkChips(parsed.chips ?? {}, complain)
  checkArms(parsed, names, complain)
  // A misspelt model would be complained about again wherever it is spelt right.
  const { models } = parsed
  if (models === undefined || models.some((entry) => findModel(catalogNameOf(entry)) === undefined)) return complaints
  const builds = models.map(buildOf)
  checkAliasTargets(parsed.aliases ?? {}, ['aliases'], builds, complain)
  if (fleetOutgrows(parsed.fleet ?? [], complain)) return complaints
  checkFleet(parsed.fleet ?? [], parsed.chips, builds, complain)
  checkStart(parsed.start ?? [], parsed.fleet ?? [], builds, complain)
  checkPeriodicWork(parsed, complain)
  checkDemand(parsed, builds, complain)
  checkFits(parsed, complain)
  checkTimeline(parsed, builds, complain)
  return complaints
}

/** Fifty times the largest fleet known of. A Mac takes some 36 KB: these fit into the memory that Node takes by itself. */
const FLEET_MAX = 50_000

/** Macs are counted before anybody makes a list of them. */
function fleetOutgrows(fleet: NonNullable<Parsed['fleet']>, complain: Complain): boolean {
  const total = fleet.reduce((sum, entry) => sum + (entry.count ?? 1), 0)
  if (total <= FLEET_MAX) return false
  const largest = fleet.reduce((most, entry, i) => ((entry.count ?? 1) > (fleet[most]!.count ?? 1) ? i : most), 0)
  complain(['fleet', largest, 'count'], `makes ${total} Macs in all; a fleet has at most ${FLEET_MAX}`)
  return true
}

/** The first place where a name comes a second time is where the complaint belongs. */
export function repeated(names: readonly (string | undefined)[]): readonly number[] {
  const seen = new Set<string>()
  const places: number[] = []
  for (const [i, name] of names.entries()) {
    if (name === undefined) continue
    if (seen.has(name)) places.push(i)
    seen.add(name)
  }
  return places
}

function checkTimes({ duration, warmup, timeline, demand, fleet, start }: Parsed, complain: Complain): void {
  if (duration === undefined) return
  if (warmup !== undefined && warmup !== 'auto' && warmup >= duration) {
    complain(['warmup'], 'must be shorter than `duration`, or nothing is left to measure')
  }
  for (const [i, entry] of (timeline ?? []).entries()) {
    if (entry.at > duration) complain(['timeline', i, 'at'], 'comes after the end of the run')
  }
  for (const [i, { groups }] of (start ?? []).entries()) {
    for (const [j, { joins }] of groups.entries()) {
      if (joins !== undefined && joins > duration)
        complain(['start', i, 'groups', j, 'joins'], 'comes after the end of the run')
    }
  }
  for (const [i, { joins }] of (fleet ?? []).entries()) {
    if (joins !== undefined && joins > duration) complain(['fleet', i, 'joins'], 'comes after the end of the run')
  }
  for (const [i, stream] of (demand ?? []).entries()) {
    if (!('requests' in stream)) {
      if (stream.from >= duration) complain(['demand', i, 'from'], 'comes after the end of the run')
      continue
    }
    for (const [j, request] of stream.requests.entries()) {
      if (request.at >= duration) complain(['demand', i, 'requests', j, 'at'], 'comes after the end of the run')
    }
  }
}

function checkModels(parsed: Parsed, complain: Complain): void {
  const { models } = parsed
  const catalog = catalogModels.map((model) => model.build)
  for (const [i, entry] of (models ?? []).entries()) {
    const name = catalogNameOf(entry)
    if (findModel(name) !== undefined) continue
    const path: Path = typeof entry === 'string' ? ['models', i] : ['models', i, 'like']
    complain(path, `\`${name}\` is not in the catalog; ${suggestion(name, catalog, 'known models')}`)
  }
  for (const i of repeated((models ?? []).map(buildOf))) complain(['models', i], 'names a model a second time')
  for (const { name, path, atKey } of namesOfModels(parsed)) {
    if (!OTHER_CULPRITS.includes(name)) continue
    complain(path, `\`${name}\` is what results call a delay that no model caused; give the model another name`, atKey)
  }
}

const namedBy = (aliases: Aliases, at: Path) =>
  Object.keys(aliases).map((name) => ({ name, path: [...at, name], atKey: true }))

/** Whatever a request can ask for, and where it is named. */
function namesOfModels({ models = [], aliases = {}, timeline = [] }: Parsed) {
  return [
    ...models.map((entry, i) => {
      const path: Path = typeof entry === 'string' ? ['models', i] : ['models', i, 'build']
      return { name: buildOf(entry), path, atKey: false }
    }),
    ...namedBy(aliases, ['aliases']),
    ...timeline.flatMap(({ action }, i) =>
      action.kind === 'set_alias' ? namedBy(action.aliases, ['timeline', i, 'set_alias']) : [],
    ),
  ]
}

function checkAliasTargets(aliases: Aliases, at: Path, builds: readonly string[], complain: Complain): void {
  const check = (build: string | undefined, path: Path): void => {
    if (build === undefined || build === '' || builds.includes(build)) return
    complain(path, `\`${build}\` is not among \`models\`; ${suggestion(build, builds, 'known models')}`)
  }
  for (const [name, { desired, previous, retired }] of Object.entries(aliases)) {
    check(desired, [...at, name, 'desired'])
    check(previous, [...at, name, 'previous'])
    for (const [i, build] of retired.entries()) check(build, [...at, name, 'retired', i])
  }
}

/** Aliases there are at the start, and those the timeline sets. */
export function everyAlias({ aliases = {}, timeline = [] }: Parsed): readonly string[] {
  const later = timeline.flatMap(({ action }) => (action.kind === 'set_alias' ? Object.keys(action.aliases) : []))
  return [...new Set([...Object.keys(aliases), ...later])]
}

/** A day of the busiest service known of; more would fill the memory before the first result. */
export const REQUESTS_MAX = 20_000_000

function checkLoad({ demand, duration }: Parsed, complain: Complain): void {
  if (duration === undefined) return
  let all = 0
  for (const [i, stream] of (demand ?? []).entries()) {
    if ('requests' in stream || 'trace' in stream.arrivals) continue
    // What comes before `from` is drawn all the same.
    const drawn = Math.min(duration, stream.until ?? duration)
    const { path, count } = expectedRequests(stream.arrivals, drawn)
    const moves = rateMoves(stream.arrivals, drawn)
    if (moves !== undefined && moves.count > REQUESTS_MAX) {
      const text = `changes the rate ${Math.round(moves.count)} times; a run has at most ${REQUESTS_MAX} changes`
      complain(['demand', i, 'arrivals', ...moves.path], text)
      continue
    }
    const expected = Math.round(count)
    const before = all
    all += expected
    if (all <= REQUESTS_MAX || before > REQUESTS_MAX) continue
    complain(['demand', i, 'arrivals', ...path], `makes ${all} requests in all; a run has at most ${REQUESTS_MAX}`)
  }
}

/** At a million events per second of real time, half an hour of nothing but heartbeats and the like. */
const PERIODIC_MAX = 2_000_000_000

/** What Macs and coordinator do again and again without being asked: a slip in one period outweighs all requests. */
function checkPeriodicWork({ fleet = [], mac, coordinator, duration }: Parsed, complain: Complain): void {
  if (mac === undefined || coordinator === undefined || duration === undefined) return
  const macs = fleet.reduce((sum, entry) => sum + (entry.count ?? 1), 0)
  const { CHALLENGE_INTERVAL, EVICTION_SWEEP, WARM_POOL_INTERVAL, METRICS_INTERVAL } = coordinator
  const works: readonly (readonly [path: Path, period: number])[] = [
    [['mac', 'heartbeat_interval'], mac.heartbeat_interval],
    [['mac', 'idle_sweep'], mac.idle_sweep],
    ...(mac.os_memory.drift_every > 0
      ? [[['mac', 'os_memory', 'drift_every'], mac.os_memory.drift_every] as const]
      : []),
    [['coordinator', 'CHALLENGE_INTERVAL'], CHALLENGE_INTERVAL],
    [['coordinator', 'EVICTION_SWEEP'], EVICTION_SWEEP],
    [['coordinator', 'WARM_POOL_INTERVAL'], WARM_POOL_INTERVAL],
    [['coordinator', 'METRICS_INTERVAL'], METRICS_INTERVAL],
  ]
  const all = works.reduce((sum, [, period]) => sum + (macs * duration) / period, 0)
  if (all <= PERIODIC_MAX) return
  const [path, period] = works.reduce((most, work) => (work[1] < most[1] ? work : most))
  complain(
    all - (macs * duration) / period > PERIODIC_MAX ? ['duration'] : path,
    `makes ${Math.round(all)} heartbeats, sweeps and the like of ${macs} Macs; a run has at most ${PERIODIC_MAX}`,
  )
}

function checkDemand(parsed: Parsed, builds: readonly string[], complain: Complain): void {
  const { demand = [], coordinator } = parsed
  const known = [...new Set([...everyAlias(parsed), ...builds])]
  const unknown = (name: string): string | undefined =>
    known.includes(name) ? undefined : `\`${name}\` is no alias and no model; ${suggestion(name, known, 'known names')}`
  const serials = serialsOf(parsed.fleet ?? [])
  for (const [i, stream] of demand.entries()) {
    const at: Path = ['demand', i]
    if ('mix' in stream) {
      if (isMixOfTrace(stream.mix)) {
        const { as = {}, others } = stream.mix
        const named: readonly (readonly [model: string, path: Path])[] = [
          ...Object.entries(as).map(([label, model]) => [model, ['as', label]] as const),
          ...(others === undefined ? [] : [[others, ['others']] as const]),
        ]
        for (const [model, path] of named) {
          const message = unknown(model)
          if (message !== undefined) complain([...at, 'mix', ...path], message)
        }
        continue
      }
      for (const name of Object.keys(stream.mix)) {
        const message = unknown(name)
        if (message !== undefined) complain([...at, 'mix', name], message, true)
      }
      continue
    }
    for (const [j, request] of stream.requests.entries()) {
      const message = unknown(request.model)
      if (message !== undefined) complain([...at, 'requests', j, 'model'], message)
      if (parsed.fleet !== undefined) checkSerials(request.serial, serials, [...at, 'requests', j, 'serial'], complain)
    }
  }
  for (const i of repeated(demand.map((stream) => stream.name)))
    complain(['demand', i, 'name'], 'names a stream a second time')
  for (const [i, name] of (coordinator?.REJECT_MODELS ?? []).entries()) {
    const message = unknown(name)
    if (message !== undefined) complain(['coordinator', 'REJECT_MODELS', i], message)
  }
  const { offers = {}, first_content } = parsed.upstream ?? {}
  for (const [path, names] of [
    [['offers'], Object.keys(offers)],
    [['first_content', 'models'], Object.keys(first_content?.models ?? {})],
  ] as const) {
    for (const name of names) {
      const message = unknown(name)
      if (message !== undefined) complain(['upstream', ...path, name], message, true)
    }
  }
  checkSettings(parsed, builds, complain)
}

/** Settings by build; a seed may end in the chip class, as in `build@M4 Max`. */
const BY_BUILD = [
  'WARM_POOL_MIN_WARM',
  'WARM_POOL_PLACEMENT_PRIORITY',
  'QUALITY_CONCURRENCY_OVERCOMMIT_BY_MODEL',
  'MODEL_SOLO_TPS_SEED',
] as const

const CHIP_CLASS = /^\S+ \S+$/

/** What a preset names may be absent from this scenario. */
function checkSettings({ coordinator, demand }: Parsed, builds: readonly string[], complain: Complain): void {
  if (coordinator === undefined) return
  const ofPreset = presetSettings(coordinator.preset)
  const isOfPreset = (setting: (typeof BY_BUILD)[number] | 'DEDICATED_MODELS', name: string): boolean => {
    const written = ofPreset[setting]
    if (typeof written !== 'object') return false
    return Array.isArray(written) ? written.includes(name) : Object.hasOwn(written, name)
  }
  for (const setting of BY_BUILD) {
    for (const name of Object.keys(coordinator[setting])) {
      const [build, chipClass] = setting === 'MODEL_SOLO_TPS_SEED' ? (name.split('@', 2) as [string, string?]) : [name]
      if (chipClass !== undefined && !CHIP_CLASS.test(chipClass))
        complain(['coordinator', setting, name], 'must end in a chip family and a tier, as in `build@M4 Max`', true)
      if (builds.includes(build) || isOfPreset(setting, name)) continue
      const text = `\`${build}\` is not among \`models\`; ${suggestion(build, builds, 'known models')}`
      complain(['coordinator', setting, name], text, true)
    }
  }
  for (const [i, pattern] of coordinator.DEDICATED_MODELS.entries()) {
    const isPart = builds.some((build) => build.toLowerCase().includes(pattern.toLowerCase()))
    if (isPart || isOfPreset('DEDICATED_MODELS', pattern)) continue
    const text = `\`${pattern}\` is part of no build of \`models\`; ${suggestion(pattern, builds, 'known models')}`
    complain(['coordinator', 'DEDICATED_MODELS', i], text)
  }
  const accounts = (demand ?? []).flatMap(accountsOf)
  const asking = [...new Set(accounts)].filter((account) => account !== '')
  for (const name of Object.keys(coordinator.ACCOUNTS)) {
    if (demand === undefined || asking.includes(name)) continue
    const text = `no request of \`demand\` is of account \`${name}\`; ${suggestion(name, asking, 'known accounts')}`
    complain(['coordinator', 'ACCOUNTS', name], text, true)
  }
}

function checkSerials(
  given: string | readonly string[] | undefined,
  known: readonly string[],
  at: Path,
  complain: Complain,
): void {
  const listed = typeof given === 'string' ? [given] : (given ?? [])
  for (const [i, serial] of listed.entries()) {
    if (known.includes(serial)) continue
    const text = `\`${serial}\` is no Mac of the fleet; ${suggestion(serial, known, 'known serials')}`
    complain(typeof given === 'string' ? at : [...at, i], text)
  }
}

function checkTimeline(parsed: Parsed, builds: readonly string[], complain: Complain): void {
  const { timeline = [], fleet } = parsed
  const serials = serialsOf(fleet ?? [])
  const aliasNames = everyAlias(parsed)
  for (const [i, { action }] of timeline.entries()) {
    const at: Path = ['timeline', i]
    if (action.kind === 'set_alias') {
      checkAliasTargets(action.aliases, [...at, 'set_alias'], builds, complain)
    }
    if (action.kind === 'set' && Object.keys(action.settings).length === 0) {
      complain([...at, 'set'], 'names no setting')
    }
    if (action.kind === 'delete_alias' && !aliasNames.includes(action.alias)) {
      complain(
        [...at, 'delete_alias'],
        `\`${action.alias}\` is no alias; ${suggestion(action.alias, aliasNames, 'known aliases')}`,
      )
    }
    if ('machines' in action && fleet !== undefined) {
      for (const [j, serial] of (action.machines ?? []).entries()) {
        if (serials.includes(serial)) continue
        const text = `\`${serial}\` is no Mac of the fleet; ${suggestion(serial, serials, 'known serials')}`
        complain([...at, action.kind, 'machines', j], text)
      }
    }
  }
}

function checkArms({ policies, expect }: Parsed, names: KnownNames, complain: Complain): void {
  if (policies === undefined) return
  for (const [i, { policy }] of policies.entries()) {
    if (names.policies.includes(policy) || isPolicyFile(policy)) continue
    const text = `\`${policy}\` is no policy; ${suggestion(policy, names.policies, 'known policies')}`
    complain(['policies', i, 'policy'], text)
  }
  const arms = policies.length > 0 ? policies.map((arm) => arm.as) : [DEFAULT_ARM]
  for (const i of repeated(arms))
    complain(['policies', i], `names the arm \`${arms[i]}\` a second time; give it another name with \`as\``)
  for (const [i, expectation] of (expect ?? []).entries()) {
    for (const key of ['policy', 'versus'] as const) {
      const arm = key === 'policy' ? expectation.policy : expectation.kind === 'metric' ? expectation.versus : undefined
      if (arm === undefined || arms.includes(arm)) continue
      complain(['expect', i, key], `\`${arm}\` is no arm of \`policies\`; ${suggestion(arm, arms, 'known arms')}`)
    }
  }
}
