/** `fleetlab play`: the demand of a scenario against a real coordinator's HTTP interface on this machine, in real time. */
import type { Command } from 'commander'
import { addMicros, MICROS_PER_SECOND } from '../../../base/time.ts'
import { loadWithSettings } from '../../../lab/runs/job.ts'
import { type AddressRules, loopbackUrl } from '../../../live/address.ts'
import { type ClientCounts, DRAIN_MAX, LiveClients } from '../../../live/clients/clients.ts'
import { processClock } from '../../../live/time/clock.ts'
import { type CoordinatorAddress, servedNames } from '../../../live/clients/coordinator-http.ts'
import { LiveRun } from '../../../live/live-run.ts'
import { PlayedDemand } from '../../../live/played.ts'
import { BEHIND_MAX } from '../../../live/time/real-time.ts'
import { formatJson } from '../../../report/form/json.ts'
import { formatPlayed } from '../../../report/text/run/run-text.ts'
import { askedNames, type LoadedScenario } from '../../../scenario/index.ts'
import { EXIT, MachineError, refuse } from '../../exit.ts'
import { nodeFiles } from '../../files/files.ts'
import { seedFlag } from '../../flags.ts'
import { metaSince } from '../../meta.ts'
import { examples, jsonOption, setOption } from '../../options.ts'
import { accountFigures, filePlayed, LedgerAsker, playFolder } from '../../output/played-files.ts'
import type { Session } from '../../session.ts'

export interface PlayFlags {
  readonly key: string
  readonly adminKey?: string
  readonly out?: string
}

interface PlayCommandOptions extends PlayFlags {
  readonly to: string
  readonly seed?: number
  readonly set: readonly string[]
  readonly json?: true
}

export const PLAY_RULES = {
  option: '--to',
  protocol: 'http:',
  example: 'http://127.0.0.1:8080',
} as const satisfies AddressRules

/** Whom it plays to, once it is known to be there, to take the keys, and to know the names. */
export async function coordinatorAt(text: string, flags: PlayFlags, rules: AddressRules): Promise<CoordinatorAddress> {
  const url = await loopbackUrl(text, rules)
  if (!url.ok) return refuse(url.error)
  return { url: url.value, key: flags.key, option: rules.option }
}

/** Names that the demand asks for and nobody serves are said: to be refused is what will become of them. */
async function unserved(address: CoordinatorAddress, { scenario, traces }: LoadedScenario): Promise<readonly string[]> {
  const names = await servedNames(address)
  if (!names.ok) return refuse(names.error)
  return askedNames(scenario.demand, traces).filter((name) => !names.value.has(name))
}

export const chatUrl = ({ url }: CoordinatorAddress): URL => new URL('/v1/chat/completions', url)

async function playCommand(session: Session, path: string, options: PlayCommandOptions): Promise<void> {
  const startedAt = performance.now()
  const address = await coordinatorAt(options.to, options, PLAY_RULES)
  const loaded = await loadWithSettings(path, options.set, nodeFiles)
  if (!loaded.ok) return refuse(loaded.error)
  const { scenario } = loaded.value
  const { note, print, paint } = session.console
  for (const name of await unserved(address, loaded.value))
    note(`${name}: the coordinator serves nothing of this name now`)
  const asker = await LedgerAsker.open(address, options.adminKey)
  const folder = playFolder(session, options.out)
  const seed = options.seed ?? scenario.seed
  const until = addMicros(scenario.duration, DRAIN_MAX)
  const played = new PlayedDemand(loaded.value, 'clients')
  const run = new LiveRun({ seed, until, clock: processClock, subscribers: played.subscribers })
  const clients = new LiveClients({ run, loaded: loaded.value, url: chatUrl(address), key: options.key })
  const stop = (): void => run.stop()
  session.signal.addEventListener('abort', stop, { once: true })
  session.signal.throwIfAborted()
  note(`requests for ${scenario.duration / MICROS_PER_SECOND} s to ${address.url.href}; Ctrl-C stops them`)
  clients.start()
  const end = await run.run()
  session.signal.removeEventListener('abort', stop)
  session.signal.throwIfAborted()
  const { openAttempts } = clients
  clients.end()
  if (end === 'behind')
    throw new MachineError(
      `this machine cannot ask as fast as the scenario does: it fell ${BEHIND_MAX / MICROS_PER_SECOND} s behind after ${run.kernel.now / MICROS_PER_SECOND} s; take less load, or a machine with less to do`,
    )
  const ledger = await asker?.ledger(note)
  const { answerNames } = clients
  const outcome = played.outcome({ run, seed, openAttempts, ledger, answerNames, sightings: [] })
  const whole = {
    ...outcome.result,
    meta: {
      ...outcome.result.meta,
      ...accountFigures(outcome.account),
      requests_sent: clients.counts.asked,
      hung_up: clients.counts.hungUp,
      ...metaSince(startedAt),
    },
  }
  if (folder !== undefined)
    await filePlayed({ folder, loaded: loaded.value, sees: played.sees, outcome, result: whole, ledger })
  print(options.json ? formatJson(whole) : formatPlayed(whole, paint))
  tellUnknownReasons(clients.counts, outcome.account !== undefined, note)
  session.finish(EXIT.good)
}

/** `isTold`: the ledger says more. */
export function tellUnknownReasons(
  { unknown_reasons }: ClientCounts,
  isTold: boolean,
  note: (text: string) => void,
): void {
  const otherwise = isTold ? ", unless the coordinator's ledger gives another" : ''
  for (const [word, count] of Object.entries(unknown_reasons))
    note(
      `${count} refused with ${word}, a reason that is not known here: counted under the nearest of its status${otherwise}`,
    )
}

export const keyOption = ['--key <key>', 'key of a consumer of the coordinator'] as const
export const adminKeyOption = [
  '--admin-key <key>',
  "read the coordinator's own ledger: its decisions become rows of the trace, and with --out its tables lie beside",
] as const

export function definePlay(program: Command, session: Session): void {
  const command = program
    .command('play')
    .summary("a scenario's demand against a real coordinator on this machine")
    .description(
      'Sends the requests of a scenario to the HTTP interface of a coordinator of your own on this machine, in real time: the\n' +
        'arrivals, lengths, patience and upstream retries of a run with the same seed. Answers stream; what a client can see\n' +
        'becomes a result and a trace. Only addresses of this machine are taken.',
    )
    .argument('<scenario>', 'scenario file, YAML or JSON')
    .requiredOption('--to <url>', `where it takes chats, such as ${PLAY_RULES.example}`)
    .requiredOption(...keyOption)
    .option(...adminKeyOption)
    .option('--seed <n>', "whole number (default: the scenario's)", seedFlag)
    .addOption(setOption())
    .option(
      '--out <dir>',
      'write result.json and trace.fleet into this folder, for `agree`, `view` and `compare` by eye',
    )
    .addOption(jsonOption('the result'))
    .action((scenario: string, options: PlayCommandOptions) => playCommand(session, scenario, options))
  examples(command, [
    'fleetlab play my.yaml --to http://127.0.0.1:8080 --key sk-dev --out real/1',
    'fleetlab play my.yaml --to http://127.0.0.1:8080 --key sk-dev --admin-key admin --seed 2 --out real/2',
  ])
}
