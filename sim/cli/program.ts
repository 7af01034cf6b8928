/** The command line as a whole: its commands, and how mistakes in it are said. */
import { Command, CommanderError } from 'commander'
import { defineAgree } from './commands/live/agree.ts'
import { defineBound } from './commands/evidence/bound.ts'
import { defineCalibrate } from './commands/evidence/calibrate.ts'
import { defineCapacity } from './commands/many-runs/capacity.ts'
import { defineCatalog } from './commands/inputs/catalog.ts'
import { defineCheck } from './commands/many-runs/check.ts'
import { defineCliff } from './commands/many-runs/cliff.ts'
import { defineCompare } from './commands/many-runs/compare.ts'
import { EXIT, type ExitCode } from './exit.ts'
import { packageVersion } from './files/package-root.ts'
import { refuseRepeatedAndEmpty } from './option-use.ts'
import { defineImport } from './commands/inputs/import.ts'
import { definePlay } from './commands/live/play.ts'
import { definePolicies } from './commands/inputs/policies.ts'
import { definePolicyCommands } from './commands/inputs/policy.ts'
import { defineDecide } from './commands/one-run/decide.ts'
import { defineDemand } from './commands/inputs/demand.ts'
import { defineDiff } from './commands/one-run/diff.ts'
import { defineRun } from './commands/one-run/run.ts'
import { defineSchema } from './commands/inputs/schema.ts'
import { defineServe } from './commands/live/serve.ts'
import type { Session } from './session.ts'
import { defineSettings } from './commands/inputs/settings.ts'
import { defineSweep } from './commands/many-runs/sweep.ts'
import { defineTune } from './commands/many-runs/tune.ts'
import { defineValidate } from './commands/evidence/validate.ts'
import { defineView } from './commands/one-run/view.ts'
import { defineWorker } from './commands/many-runs/worker-command.ts'

const EXIT_CODES = `
Exit codes:
  0    good
  1    an expectation or a tolerance failed, or the runs cannot tell
  2    bad input; standard error says what, where, and what would be right
  3    an invariant broke, a bug of fleetlab; standard error says how to reproduce it
  4    the machine failed: a full disk, no permission to write, too slow for real time
  5    the runs cannot tell, with check --strict
  130  interrupted`

type Define = (program: Command, session: Session) => void

const COMMANDS: readonly (readonly [name: string, define: Define])[] = [
  ['run', defineRun],
  ['compare', defineCompare],
  ['check', defineCheck],
  ['sweep', defineSweep],
  ['cliff', defineCliff],
  ['capacity', defineCapacity],
  ['tune', defineTune],
  ['worker', defineWorker],
  ['bound', defineBound],
  ['diff', defineDiff],
  ['decide', defineDecide],
  ['import', defineImport],
  ['demand', defineDemand],
  ['serve', defineServe],
  ['play', definePlay],
  ['agree', defineAgree],
  ['validate', defineValidate],
  ['calibrate', defineCalibrate],
  ['settings', defineSettings],
  ['policies', definePolicies],
  ['policy', definePolicyCommands],
  ['catalog', defineCatalog],
  ['schema', defineSchema],
  ['view', defineView],
]

export function buildProgram(session: Session): Command {
  const program = new Command('fleetlab')
    .description('Deterministic simulator and policy lab for fleets of Macs that serve language models.')
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', EXIT_CODES)
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => session.console.print(text),
      // Said once, by whoever catches the error.
      outputError: () => {},
    })
  for (const [, define] of COMMANDS) define(program, session)
  refuseRepeatedAndEmpty(program)
  program.hook('preAction', (_, command) => {
    session.outputs.begin({ printsJson: command.opts()['json'] === true, inputs: command.args })
  })
  return program
}

/** Asked for help about what is no command, commander prints the general help as if all were well. */
export function parseWords(program: Command, words: readonly string[]): Promise<Command> {
  const bare = words.filter((word) => !word.startsWith('-'))
  const [name, below] = bare[0] === 'help' ? bare.slice(1) : bare
  return program.parseAsync(unknownCommand(program, name, below) ?? words, { from: 'user' })
}

/** The words that lead to no command, and `below` it to none of its own; undefined when they do. */
function unknownCommand(program: Command, name: string | undefined, below: string | undefined): string[] | undefined {
  if (name === undefined) return undefined
  const command = program.commands.find((each) => each.name() === name)
  if (command === undefined) return [name]
  const inner = command.commands.map((each) => each.name())
  if (below === undefined || inner.length === 0 || below === 'help' || inner.includes(below)) return undefined
  return [name, below]
}

/** commander's way of saying that help or the version was printed, or what was wrong. */
export function endingOfCommander(
  error: CommanderError,
  typed: readonly string[],
): {
  readonly code: ExitCode
  readonly lines: readonly string[]
} {
  if (error.exitCode === 0) return { code: EXIT.good, lines: [] }
  const lines = error.message === '(outputHelp)' ? ['error: name a command, such as run'] : error.message.split('\n')
  const command = typed.find((word) => COMMANDS.some(([name]) => name === word))
  return { code: EXIT.badInput, lines: [...lines, `see ${['fleetlab', command, '--help'].filter(Boolean).join(' ')}`] }
}
