/** `fleetlab import`: a log of requests becomes a trace, and where it can a fleet and a scenario. */
import { basename } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { TimeUnit } from '../../../base/cell.ts'
import { type ClockKind, CLOCKS, TIME_UNITS, type TimeFlags } from '../../../import/reading/clock.ts'
import { type ColumnMap, isMappable, MAPPABLE, type Mappable, missingFrom } from '../../../import/formats/mapped.ts'
import { IMPORT_FILES, importLogs } from '../../../import/import-logs.ts'
import { formatNames } from '../../../import/reading/tell-format.ts'
import { formatImport } from '../../../report/text/inputs/import-text.ts'
import { formatJson } from '../../../report/form/json.ts'
import { refuse } from '../../exit.ts'
import { withProgress } from '../../threads/lab-session.ts'
import { logFile, logPaths, RunsOnDisk, sizeOf } from '../../files/log-files.ts'
import { metaSince } from '../../meta.ts'
import { examples, jsonOption } from '../../options.ts'
import type { Session } from '../../session.ts'
import { zoneNamed } from '../../files/time-zone.ts'

interface ImportFlags {
  readonly out: string
  readonly as?: string
  readonly map: readonly string[]
  readonly model: readonly string[]
  readonly unit?: TimeUnit
  readonly clock?: ClockKind
  readonly zone?: string
  readonly name?: string
  readonly strict?: true
  readonly json?: true
}

function pairFlag(text: string, before: readonly string[]): readonly string[] {
  if (!/^[^=]+=.+$/s.test(text))
    throw new InvalidArgumentError(`It must be two names with = between them, not "${text}".`)
  return [...before, text]
}

/** At the last `=`: what stands before it is somebody else's, and may hold one. */
function sidesOf(text: string): readonly [string, string] {
  const at = text.lastIndexOf('=')
  return [text.slice(0, at), text.slice(at + 1)]
}

/** `column=name`; the other way round too, where only that makes sense. */
function columnMap(pairs: readonly string[]): ColumnMap | undefined {
  if (pairs.length === 0) return undefined
  const map = new Map<Mappable, string>()
  for (const pair of pairs) {
    const [left, right] = sidesOf(pair)
    const [column, name] = isMappable(right) ? [left, right] : isMappable(left) ? [right, left] : [left, right]
    if (!isMappable(name)) refuse(`--map ${pair}: must map a column to one of ${MAPPABLE.join(', ')}`)
    if (map.has(name)) refuse(`--map ${pair}: ${name} is mapped already`)
    map.set(name, column)
  }
  const missing = missingFrom(map)
  if (missing !== undefined)
    refuse(`--map: no column is mapped to ${missing}; arrival, prompt_tokens and output_tokens are needed`)
  return map
}

function renamesOf(pairs: readonly string[]): ReadonlyMap<string, string> {
  const renames = new Map<string, string>()
  for (const pair of pairs) {
    const [from, to] = sidesOf(pair)
    if (renames.has(from)) refuse(`--model ${pair}: ${from} is renamed already`)
    renames.set(from, to)
  }
  return renames
}

function timeFlags({ unit, clock, zone }: ImportFlags): TimeFlags {
  const ahead = zone === undefined ? undefined : zoneNamed(zone)
  if (zone !== undefined && ahead === undefined)
    refuse(`--zone ${zone}: is no zone; give UTC, an offset such as +02:00, or a name such as Europe/Berlin`)
  return {
    ...(unit === undefined ? {} : { unit }),
    ...(clock === undefined ? {} : { clock }),
    ...(ahead === undefined ? {} : { zone: { name: zone!, ahead } }),
  }
}

const nameOf = (path: string): string =>
  basename(path)
    .replace(/(?:\.(?:csv|tsv|txt|json|jsonl|ndjson|gz))+$/i, '')
    .slice(0, 100) || 'imported'

async function importCommand(session: Session, files: readonly string[], flags: ImportFlags): Promise<void> {
  const startedAt = performance.now()
  const map = columnMap(flags.map)
  if (map !== undefined && flags.as !== undefined)
    refuse('--as and --map: give one of them; --map says what the columns are')
  const options = {
    ...(flags.as === undefined ? {} : { as: flags.as }),
    ...(map === undefined ? {} : { map }),
    time: timeFlags(flags),
    renames: renamesOf(flags.model),
    strict: flags.strict === true,
    name: flags.name ?? nameOf(files[0]!),
  }
  const paths = logPaths(files)
  session.outputs.reads(paths)
  const folder = session.outputs.folder('--out', flags.out, [...IMPORT_FILES], OURS)
  const runs = new RunsOnDisk()
  const total = paths.reduce((sum, path) => sum + sizeOf(path), 0)
  const letGo = async (): Promise<void> => {
    await setImmediate()
    session.signal.throwIfAborted()
  }
  const imported = await withProgress(session, 'import', async (onProgress) => {
    let read = 0
    // The second pass takes about as long as a third of the first.
    const onBytes = (count: number): void => {
      read += count
      onProgress(total === 0 ? 0 : (0.75 * read) / total)
    }
    try {
      const sources = paths.map((path) => logFile(path, onBytes, session.signal))
      return await importLogs(sources, options, {
        runs,
        append: (name, text) => folder.append(name, text),
        pause: letGo,
      })
    } finally {
      runs.remove()
    }
  })
  if (!imported.ok) return refuse(imported.error)
  await folder.commit()
  const { print, paint } = session.console
  if (flags.json) print(formatJson({ ...imported.value, meta: metaSince(startedAt) }))
  else print(formatImport(imported.value, flags.out, paint))
}

/** What an import writes: files of an earlier one in the same folder are named. */
const OURS = new RegExp(`^(?:${IMPORT_FILES.map((name) => name.replace('.', '\\.')).join('|')})$`)

export function defineImport(program: Command, session: Session): void {
  const command = program
    .command('import')
    .summary('a log of requests becomes a trace, a fleet, a scenario')
    .description(
      "Reads the coordinator's ledger, or a log of another program, and writes a trace of its requests, the scenario that replays them\n" +
        'where the log knows the Macs, a synthetic twin, and what it found, assumed and left out. Prompts are never read.',
    )
    .argument('<file...>', 'logs, also compressed with gzip; a folder stands for the tables of a ledger in it')
    .requiredOption('--out <dir>', 'write trace.csv, the scenarios and import.json into this folder')
    .option('--as <format>', `take the files for this, whatever they look like: ${formatNames.join(', ')}`)
    .addOption(
      new Option(
        '--map <column=name>',
        'say what a column means, for any other table or list of documents: arrival, prompt_tokens, output_tokens, and what else there is; may be repeated',
      )
        .argParser(pairFlag)
        .default([] as readonly string[], 'none'),
    )
    .addOption(
      new Option('--model <a=b>', 'call the model (or build) a of the log b; may be repeated')
        .argParser(pairFlag)
        .default([] as readonly string[], 'none'),
    )
    .addOption(new Option('--unit <unit>', 'unit of times that are numbers').choices(TIME_UNITS))
    .addOption(
      new Option('--clock <clock>', 'whether times count since 1970, or since a start of their own').choices(CLOCKS),
    )
    .option('--zone <zone>', 'zone of dates that name none: UTC, +02:00, Europe/Berlin')
    .option('--name <name>', 'name of the scenarios (default: that of the first file)')
    .option('--strict', 'refuse when any row would be left out')
    .addOption(jsonOption('the report'))
    .action((files: readonly string[], flags: ImportFlags) => importCommand(session, files, flags))
  examples(command, [
    'fleetlab import out/inference_routes.csv out/request_rejections.csv out/provider_capacity_samples.csv --out day',
    'fleetlab import spend-logs.csv.gz --zone UTC --model openai/gpt-oss-20b=gpt-oss-20b --out day',
    'fleetlab import log.jsonl --map ts=arrival --map in=prompt_tokens --map out=output_tokens --unit ms --out day',
  ])
}
