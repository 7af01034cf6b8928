/** Settings of the coordinator that name builds or accounts: some of this scenario's, or of the preset's. */
import { presetSettings } from '../../coordinator/config.ts'
import { accountsOf } from '../../demand/config.ts'
import type { Parsed } from '../format/parsed.ts'
import type { Complain } from '../reading/complaint.ts'
import { suggestion } from '../reading/suggestion.ts'

/** Settings by build; a seed may end in the chip class, as in `build@M4 Max`. */
const BY_BUILD = [
  'WARM_POOL_MIN_WARM',
  'WARM_POOL_PLACEMENT_PRIORITY',
  'QUALITY_CONCURRENCY_OVERCOMMIT_BY_MODEL',
  'MODEL_SOLO_TPS_SEED',
] as const

const CHIP_CLASS = /^\S+ \S+$/

/** What a preset names may be absent from this scenario. */
export function checkSettings({ coordinator, demand }: Parsed, builds: readonly string[], complain: Complain): void {
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
