/** Whether times lie inside the run, and what the timeline changes is there to be changed. */
import type { Parsed } from '../format/parsed.ts'
import type { Complain } from '../reading/complaint.ts'
import type { Path } from '../reading/path.ts'
import { suggestion } from '../reading/suggestion.ts'
import { serialsOf } from './fleet-check.ts'
import { checkAliasTargets, everyAlias } from './model-names.ts'

export function checkTimes({ duration, warmup, timeline, demand, fleet, start }: Parsed, complain: Complain): void {
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

export function checkTimeline(parsed: Parsed, builds: readonly string[], complain: Complain): void {
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
