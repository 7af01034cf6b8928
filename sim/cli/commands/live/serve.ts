/** `fleetlab serve`: the Macs of a scenario before a real coordinator on this machine, in real time. */
import { randomUUID } from 'node:crypto'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { parseDuration } from '../../../base/quantity.ts'
import { addMicros, MICROS_PER_SECOND, type Micros } from '../../../base/time.ts'
import { loadWithSettings } from '../../../lab/runs/job.ts'
import { loopbackUrl } from '../../../live/address.ts'
import { DRAIN_MAX, LiveClients } from '../../../live/clients/clients.ts'
import { processClock } from '../../../live/time/clock.ts'
import { type CoordinatorAddress, servedNames } from '../../../live/clients/coordinator-http.ts'
import { LiveFleet } from '../../../live/macs/fleet.ts'
import { LiveRun } from '../../../live/live-run.ts'
import { PlayedDemand } from '../../../live/played.ts'
import { BEHIND_MAX } from '../../../live/time/real-time.ts'
import { Dialler } from '../../../live/macs/socket.ts'
import { open } from '../../../policy/open.ts'
import { formatJson } from '../../../report/form/json.ts'
import { formatPlayed } from '../../../report/text/run/run-text.ts'
import type { LoadedScenario } from '../../../scenario/index.ts'
import { formatServe, type ServeDocument } from '../../../report/text/run/serve-text.ts'
import { Witness } from '../../../live/witness.ts'
import { LAYOUTS } from '../../../trace/schema.ts'
import { EXIT, MachineError, refuse } from '../../exit.ts'
import { nodeFiles } from '../../files/files.ts'
import { seedFlag } from '../../flags.ts'
import { metaSince } from '../../meta.ts'
import { examples, jsonOption, setOption } from '../../options.ts'
import type { OutputFolder } from '../../output/output.ts'
import {
  adminKeyOption,
  chatUrl,
  coordinatorAt,
  keyOption,
  PLAY_RULES,
  type PlayFlags,
  tellUnknownReasons,
} from './play.ts'
import { accountFigures, filePlayed, LedgerAsker, playFolder } from '../../output/played-files.ts'
import type { Session } from '../../session.ts'

interface ServeOptions {
  readonly coordinator: string
  readonly seed?: number
  readonly set: readonly string[]
  readonly for?: Micros
  readonly play?: string
  readonly key?: string
  readonly adminKey?: string
  readonly out?: string
  readonly json?: true
}

const EXAMPLE = 'ws://127.0.0.1:8080/ws/provider'

/** A year: whoever wants no end stops it. */
const FOR_MAX = 366 * 24 * 3_600 * MICROS_PER_SECOND

function forFlag(text: string): Micros {
  const span = parseDuration(text)
  if (span === undefined || span <= 0 || span > FOR_MAX) {
    throw new InvalidArgumentError(`It must be a time such as 10m or 8h, at most a year, not "${text}".`)
  }
  return span
}

/** Nobody looks at the rows. */
const UNWANTED = new Set(LAYOUTS.map(({ kind }) => kind))
/** Macs get so long to become routable before the demand begins. */
const READY_WITHIN = (10 * MICROS_PER_SECOND) as Micros

/** Enough to tell two runs on one machine apart. */
const TAG_LENGTH = 8

interface Playing {
  readonly address: CoordinatorAddress
  readonly flags: PlayFlags
  readonly played: PlayedDemand
  readonly asker: LedgerAsker | undefined
  readonly folder: OutputFolder | undefined
}

/** The demand too, when asked for; every mistake is found before a Mac connects. */
async function playing(session: Session, loaded: LoadedScenario, options: ServeOptions): Promise<Playing | undefined> {
  const { play, key, adminKey, out } = options
  if (play === undefined) {
    if (key !== undefined || adminKey !== undefined || out !== undefined)
      refuse('--key, --admin-key and --out belong to --play, which sends the demand of the scenario too')
    return undefined
  }
  if (key === undefined) return refuse('--play: needs --key, the key of a consumer of the coordinator')
  const flags = { key, ...(adminKey === undefined ? {} : { adminKey }), ...(out === undefined ? {} : { out }) }
  const address = await coordinatorAt(play, flags, { ...PLAY_RULES, option: '--play' })
  // Its names come with the Macs; whether it is there and takes the key is known before.
  const names = await servedNames(address)
  if (!names.ok) return refuse(names.error)
  const asker = await LedgerAsker.open(address, adminKey)
  return { address, flags, played: new PlayedDemand(loaded, 'macs'), asker, folder: playFolder(session, out) }
}

async function serveCommand(session: Session, path: string, options: ServeOptions): Promise<void> {
  const startedAt = performance.now()
  const cpuBefore = process.cpuUsage()
  const rules = { option: '--coordinator', protocol: 'ws:', example: EXAMPLE } as const
  const url = await loopbackUrl(options.coordinator, rules)
  if (!url.ok) return refuse(url.error)
  const loaded = await loadWithSettings(path, options.set, nodeFiles)
  if (!loaded.ok) return refuse(loaded.error)
  const { scenario, digest } = loaded.value
  const seed = options.seed ?? scenario.seed
  const also = await playing(session, loaded.value, options)
  const until = options.for ?? (also === undefined ? scenario.duration : addMicros(scenario.duration, DRAIN_MAX))
  const { note, print, paint } = session.console
  const rows = also === undefined ? { subscribers: [], without: UNWANTED } : { subscribers: also.played.subscribers }
  const run = new LiveRun({ seed, until, clock: processClock, ...rows })
  const { dial } = new Dialler(url.value)
  // Nothing is said before there is somebody to talk to: that there is nobody is one message.
  const early = [
    `${scenario.machines.length} Macs, ${url.value.href}, for ${until / MICROS_PER_SECOND} s; Ctrl-C stops them`,
  ]
  let isGreeted = false
  const say = (text: string): void => (isGreeted ? note(text) : void early.push(text))
  const witness =
    also === undefined ? undefined : new Witness(run.trace, () => run.kernel.now, randomUUID().slice(0, TAG_LENGTH))
  const fleet = new LiveFleet({
    run,
    loaded: loaded.value,
    maxModelSlots: open.maxModelSlotsDefault,
    dial,
    ...(witness === undefined ? {} : { witness }),
    settled: () => run.release(),
    note: say,
    greeted() {
      isGreeted = true
      for (const text of early) note(text)
    },
  })
  const clients =
    also === undefined
      ? undefined
      : new LiveClients({
          run,
          loaded: loaded.value,
          url: chatUrl(also.address),
          key: also.flags.key,
          ...(witness === undefined ? {} : { witness }),
        })
  const stop = (): void => run.stop()
  session.signal.addEventListener('abort', stop, { once: true })
  if (session.signal.aborted) return
  fleet.start()
  clients?.start()
  const unready = (): void => {
    fleet.greetingOverdue(READY_WITHIN)
    if (fleet.failure === undefined)
      say(
        `${fleet.unsettled} of ${scenario.machines.length} Macs are not routable after ${READY_WITHIN / MICROS_PER_SECOND} s: a challenge is not answered, or did not come; the demand begins without them`,
      )
  }
  const end = await (also === undefined ? run.run() : run.runHeld(READY_WITHIN, unready))
  if (end === 'done') fleet.greetingOverdue(run.kernel.now)
  const openAttempts = clients?.openAttempts ?? 0
  clients?.end()
  fleet.end()
  session.signal.removeEventListener('abort', stop)
  const { failure } = fleet
  if (failure?.kind === 'nobody') return refuse(`--coordinator ${options.coordinator}: ${failure.message}`)
  if (failure?.kind === 'machine') throw new MachineError(failure.message)
  const cpu = process.cpuUsage(cpuBefore)
  const document: ServeDocument = {
    format: 'fleetlab.serve/1',
    scenario: { name: scenario.name, digest },
    seed,
    coordinator: url.value.href,
    machines: scenario.machines.length,
    served_s: run.kernel.now / MICROS_PER_SECOND,
    events: run.kernel.executed,
    ended: end,
    ...fleet.counts,
    lateness: run.lateness.report(),
    meta: { ...metaSince(startedAt), cpu_s: (cpu.user + cpu.system) / MICROS_PER_SECOND },
  }
  const isWhole = end === 'done' || clients?.finished === true
  if (also === undefined || clients === undefined || !isWhole) {
    print(options.json ? formatJson(document) : formatServe(document, paint))
  } else {
    const { folder, asker, played } = also
    const ledger = await asker?.ledger(note)
    const { answerNames } = clients
    const { sightings = [] } = witness ?? {}
    const outcome = played.outcome({ run, seed, openAttempts, ledger, answerNames, sightings })
    const meta = { requests_sent: clients.counts.asked, ...accountFigures(outcome.account), ...metaSince(startedAt) }
    const result = { ...outcome.result, meta: { ...outcome.result.meta, ...meta } }
    tellUnknownReasons(clients.counts, ledger !== undefined, note)
    if (folder !== undefined)
      await filePlayed({ folder, loaded: loaded.value, sees: played.sees, outcome, result, ledger })
    print(
      options.json
        ? formatJson({ ...document, ended: 'done', played: result })
        : `${formatServe(document, paint)}\n\n${formatPlayed(result, paint)}`,
    )
  }
  if (!isWhole && end === 'stopped') session.finish(EXIT.interrupted)
  if (end === 'behind') {
    throw new MachineError(
      `these Macs cannot keep up with real time on this machine: it fell ${BEHIND_MAX / MICROS_PER_SECOND} s behind after ${document.served_s} s; take fewer Macs or less load, or a machine with less to do`,
    )
  }
}

export function defineServe(program: Command, session: Session): void {
  const command = program
    .command('serve')
    .summary("a scenario's Macs before a real coordinator on this machine, in real time")
    .description(
      'Runs the Macs of a scenario by the clock on the wall, each with a connection of its own to a coordinator of your own\n' +
        'on this machine: they register, answer challenges, load models, serve requests with text of the right length at the\n' +
        'pace of the model, get hot, fail, leave and come back as in a run. Demand comes from whoever asks the coordinator.\n' +
        'No attestation is made or imitated: the coordinator runs in development settings (docs/real-coordinator.md), and only\n' +
        'addresses of this machine are taken.',
    )
    .argument('<scenario>', 'scenario file, YAML or JSON')
    .requiredOption('--coordinator <url>', `where it takes providers, such as ${EXAMPLE}`)
    .option('--seed <n>', "whole number (default: the scenario's)", seedFlag)
    .addOption(setOption())
    .addOption(
      new Option('--for <time>', "how long, such as 10m or 8h (default: the scenario's duration)").argParser(forFlag),
    )
    .option('--play <url>', `send the demand of the scenario too, to ${PLAY_RULES.example} or the like; needs --key`)
    .option(...keyOption)
    .option('--out <dir>', 'with --play, write result.json and trace.fleet into this folder')
    .option(...adminKeyOption)
    .addOption(jsonOption('what happened on the connections'))
    .action((scenario: string, options: ServeOptions) => serveCommand(session, scenario, options))
  examples(command, [
    'fleetlab serve my.yaml --coordinator ws://127.0.0.1:8080/ws/provider',
    'fleetlab serve my.yaml --coordinator ws://127.0.0.1:8080/ws/provider --play http://127.0.0.1:8080 --key sk-dev --out real/1',
    'fleetlab serve my.yaml --coordinator ws://localhost:8080/ws/provider --for 8h --set fleet[0].count=1000',
  ])
}
