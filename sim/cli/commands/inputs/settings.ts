/** `fleetlab settings`: every setting of the coordinator, what it is under each preset, and what it leaves out here. */
import type { Command } from 'commander'
import { settingsList } from '../../../lab/decide/settings.ts'
import { formatJson } from '../../../report/form/json.ts'
import { formatSettings } from '../../../report/text/inputs/settings-text.ts'
import { refuse } from '../../exit.ts'
import { examples, jsonOption } from '../../options.ts'
import type { Session } from '../../session.ts'

interface SettingsOptions {
  readonly preset?: string
  readonly json?: true
}

function settingsCommand({ console }: Session, names: readonly string[], options: SettingsOptions): void {
  const list = settingsList({ preset: options.preset, names })
  if (!list.ok) return refuse(list.error)
  console.print(options.json ? formatJson(list.value) : formatSettings(list.value, console.paint))
}

export function defineSettings(program: Command, session: Session): void {
  const command = program
    .command('settings')
    .summary("every setting of the coordinator: value per preset, meaning, source, what it doesn't do here")
    .description(
      'Lists the settings of the coordinator: the value under each preset, the meaning, who says so, and what the real one\n' +
        'does with it that the lab does not; then the real settings that are not modelled. They go under `coordinator:`.',
    )
    .argument('[names...]', 'only these, with or without the prefix EIGENINFERENCE_')
    .option('--preset <name>', 'only the values of this preset, such as 2026-06-21')
    .addOption(jsonOption('the list'))
    .action((names: readonly string[], options: SettingsOptions) => settingsCommand(session, names, options))
  examples(command, [
    'fleetlab settings --preset 2026-08',
    'fleetlab settings EIGENINFERENCE_QUEUE_MAX_WAIT QUALITY_CONCURRENCY_OVERCOMMIT',
  ])
}
