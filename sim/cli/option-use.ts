/**
 * An option that is given twice, or with an empty text as shells make of an unset variable, is a slip: which of the two
 * was meant, or what nothing means, is not for us to guess. Options that collect a list may be repeated.
 */
import type { Command, Option } from 'commander'

/** Options that collect start from a list. */
const collects = (option: Option): boolean => Array.isArray(option.defaultValue)

export function refuseRepeatedAndEmpty(command: Command): void {
  for (const option of command.options) {
    let given = false
    command.on(`option:${option.name()}`, (value: string | null) => {
      if (value === '') command.error(`error: option '${option.flags}' is empty`)
      if (given && !collects(option)) command.error(`error: option '${option.flags}' is given twice`)
      given = true
    })
  }
  for (const each of command.commands) refuseRepeatedAndEmpty(each)
}
