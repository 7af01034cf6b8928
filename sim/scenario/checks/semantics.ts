/**
 * Whether a well-formed scenario makes sense: names lead somewhere, times lie inside the run, somebody can serve what
 * is asked. Looks at whatever parts parsed, so that one slip of structure does not hide all other mistakes.
 */
import { findModel } from '../../catalog/index.ts'
import { DEFAULT_ARM, isPolicyFile } from '../format/arm.ts'
import { checkChips } from '../format/chip-entry.ts'
import { buildOf, catalogNameOf } from '../format/model-entry.ts'
import type { Parsed } from '../format/parsed.ts'
import type { Complain, Complaint } from '../reading/complaint.ts'
import { suggestion } from '../reading/suggestion.ts'
import { checkDemand } from './demand-check.ts'
import { checkFits } from './fit.ts'
import { checkFleet } from './fleet-check.ts'
import { checkAliasTargets, checkModels } from './model-names.ts'
import { repeated } from './repeated.ts'
import { checkSettings } from './settings-check.ts'
import { checkLoad, checkPeriodicWork, fleetOutgrows } from './size-check.ts'
import { checkStart } from './start-check.ts'
import { checkTimeline, checkTimes } from './timeline-check.ts'

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
  checkSettings(parsed, builds, complain)
  checkFits(parsed, complain)
  checkTimeline(parsed, builds, complain)
  return complaints
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
