/** What a Mac really did for a request, in lines beside the coordinator's story. */
import type { MacEvent } from '../../lab/story/mac-story.ts'
import { formatNumber } from '../form/unit.ts'

const seconds = (micros: number): string => `${formatNumber(micros / 1e6, 3)} s`

type Row = MacEvent['row']
type Delay = Extract<Row, { kind: 'delay' }>
type Work = Extract<Row, { kind: 'work' }>

function delayText(row: Delay): string {
  const shares = [
    ['GPU', row.gpu_ns],
    ['memory', row.memory_ns],
    ['heat', row.thermal_ns],
    ['load', row.load_ns],
    ['queue', row.queue_ns],
  ] as const
  const parts = shares.filter(([, nanos]) => nanos !== 0).map(([cause, nanos]) => `${cause} ${seconds(nanos / 1_000)}`)
  const { culprit, build } = row
  const whose = culprit === build ? 'its own model' : culprit === 'none' ? 'no other work' : culprit.replace('_', ' ')
  return `attempt ${row.attempt} delayed by ${whose}: ${parts.length === 0 ? 'nothing' : parts.join(', ')}`
}

function workText(row: Work, since: number): string {
  const steps = [
    ['received', row.receivedAt],
    ['admitted', row.admittedAt],
    ['first token', row.firstTokenAt],
  ] as const
  const told = steps.filter(([, at]) => at >= 0).map(([step, at]) => `${step} +${seconds(at - since)}`)
  const { prefilledTokens, decodedTokens } = row
  if (prefilledTokens + decodedTokens > 0) {
    told.push(`${formatNumber(prefilledTokens, 0)} tokens prefilled, ${formatNumber(decodedTokens, 0)} decoded`)
  }
  return `attempt ${row.attempt} ${row.outcome}: ${told.join(', ')}`
}

/** `since`: when the request arrived. */
export function macText({ serial, row }: MacEvent, since: number): string {
  switch (row.kind) {
    case 'load_started':
      return `${serial}: starts to load ${row.build}, by ${row.cause}`
    case 'load_ended':
      return `${serial}: ${row.ok ? `${row.build} is loaded` : `${row.build} could not be loaded, "${row.text}"`}, after ${seconds(row.took)}`
    case 'fault':
      return `${serial}: ${row.what.replace('_', ' ')}`
    case 'delay':
      return `${serial}: ${delayText(row)}`
    case 'work':
      return `${serial}: ${workText(row, since)}`
  }
}
