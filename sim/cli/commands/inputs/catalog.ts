/** `fleetlab catalog chips|models`: what is built in, and what follows from it. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { chips, ENGINE_VERSIONS, type EngineVersion, findChip, findModel, models } from '../../../catalog/index.ts'
import type { ChipSpec, ModelSpec } from '../../../catalog/index.ts'
import { formatCatalogChips, formatCatalogModels } from '../../../report/text/inputs/catalog-text.ts'
import { formatJson } from '../../../report/form/json.ts'
import { loadScenario } from '../../../scenario/index.ts'
import { suggestion } from '../../../scenario/reading/suggestion.ts'
import { refuse } from '../../exit.ts'
import { nodeFiles } from '../../files/files.ts'
import { examples, jsonOption } from '../../options.ts'
import type { Session } from '../../session.ts'

const DEFAULT_MODEL = 'gpt-oss-20b'
const DEFAULT_CHIP = 'M4 Max 40c'
const DEFAULT_MEMORY_GB = 64
/** Twice the largest Mac sold. */
const MEMORY_MAX_GB = 1_024

interface ChipsOptions {
  readonly json?: true
  readonly scenario?: string
  readonly model: ModelSpec
  readonly engine: EngineVersion
}

interface ModelsOptions {
  readonly json?: true
  readonly chip: ChipSpec
  readonly memory: number
  readonly engine: EngineVersion
}

function modelFlag(text: string): ModelSpec {
  const builds = models.map((model) => model.build)
  const model = findModel(text)
  if (model === undefined) throw new InvalidArgumentError(`It ${suggestion(text, builds, 'known models')}.`)
  return model
}

function chipFlag(text: string): ChipSpec {
  const chip = findChip(text)
  if (chip !== undefined) return chip
  throw new InvalidArgumentError(
    `It ${suggestion(
      text,
      chips.map(({ name }) => name),
      'known chips',
    )}.`,
  )
}

/** As on the box: `64GB`. */
function memoryFlag(text: string): number {
  const match = /^(\d{1,4})GB$/.exec(text)
  const memory_gb = Number(match?.[1] ?? 0)
  if (memory_gb < 1 || memory_gb > MEMORY_MAX_GB)
    throw new InvalidArgumentError(`It must be memory as sold, such as 64GB, not "${text}".`)
  return memory_gb
}

const engineOption = (): Option =>
  new Option('--engine <version>', 'provider program').choices(ENGINE_VERSIONS).default(ENGINE_VERSIONS[0])

async function chipsOf(scenario: string | undefined): Promise<readonly ChipSpec[]> {
  if (scenario === undefined) return []
  const loaded = await loadScenario(scenario, nodeFiles)
  return loaded.ok ? loaded.value.scenario.chips : refuse(loaded.error)
}

async function chipsCommand({ console }: Session, { model, engine, scenario, json }: ChipsOptions): Promise<void> {
  const own = await chipsOf(scenario)
  const { catalogChips } = await import('../../../evidence/calibrate/catalog.ts')
  const catalog = catalogChips(model, engine, own)
  console.print(json ? formatJson(catalog) : formatCatalogChips(catalog, console.paint))
}

async function modelsCommand({ console }: Session, { chip, memory, engine, json }: ModelsOptions): Promise<void> {
  const { catalogModels } = await import('../../../evidence/calibrate/catalog.ts')
  const catalog = catalogModels(chip, memory, engine)
  console.print(json ? formatJson(catalog) : formatCatalogModels(catalog, console.paint))
}

export function defineCatalog(program: Command, session: Session): void {
  const catalog = program
    .command('catalog')
    .summary('the built-in chips and models')
    .description('Lists what is built in, each figure marked as measured, fitted or assumed; --json adds its source.')
  const forChips = catalog
    .command('chips')
    .summary('every chip, with its speed on one model')
    .description('Every chip a Mac of the fleet may have, and how fast it serves one request of a model.')
    .addOption(
      new Option('--model <build>', 'whose speed')
        .argParser(modelFlag)
        .default(findModel(DEFAULT_MODEL), DEFAULT_MODEL),
    )
    .addOption(engineOption())
    .option('--scenario <file>', 'with the chips of its `chips:`, what is derived of them marked')
    .addOption(jsonOption('the chips, with sources,'))
    .action((options: ChipsOptions) => chipsCommand(session, options))
  examples(forChips, [
    'fleetlab catalog chips',
    'fleetlab catalog chips --model gemma-4-26b-qat-4bit --engine 2026-07',
    'fleetlab catalog chips --scenario my.yaml',
  ])
  const forModels = catalog
    .command('models')
    .summary('every model, with its speed on one Mac')
    .description('Every model build, and how fast one Mac serves one request of it.')
    .addOption(
      new Option('--chip <name>', 'whose speed').argParser(chipFlag).default(findChip(DEFAULT_CHIP), DEFAULT_CHIP),
    )
    .addOption(
      new Option('--memory <size>', 'memory as sold')
        .argParser(memoryFlag)
        .default(DEFAULT_MEMORY_GB, `${DEFAULT_MEMORY_GB}GB`),
    )
    .addOption(engineOption())
    .addOption(jsonOption('the models, with sources,'))
    .action((options: ModelsOptions) => modelsCommand(session, options))
  examples(forModels, ['fleetlab catalog models', "fleetlab catalog models --chip 'M3 Ultra 80c' --memory 256GB"])
}
