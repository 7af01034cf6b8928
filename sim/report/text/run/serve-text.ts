/** What happened between simulated Macs and a real coordinator, as text. */
import { type Paint, plainPaint } from '../../form/paint.ts'
import { formatNumber } from '../../form/unit.ts'

type Counts = { readonly [name: string]: number }

export interface ServeDocument {
  readonly format: 'fleetlab.serve/1'
  readonly scenario: { readonly name: string; readonly digest: string }
  readonly seed: number
  readonly coordinator: string
  readonly machines: number
  /** How long it went. */
  readonly served_s: number
  readonly events: number
  /** `behind`: the machine could not keep up with real time. */
  readonly ended: 'done' | 'stopped' | 'behind'
  readonly connections: number
  readonly lost: number
  readonly unreachable: number
  readonly requests: number
  readonly completed: number
  readonly errors: Counts
  readonly cancelled: number
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly sent: Counts
  readonly heard: Counts
  readonly not_understood: Counts
  readonly dropped: number
  readonly lateness: {
    readonly instants: number
    readonly late: number
    readonly late_after_ms: number
    readonly worst_ms: number
    readonly classes: readonly { readonly up_to_ms: number | null; readonly instants: number }[]
  }
  readonly meta: { readonly [key: string]: string | number }
}

const whole = (value: number): string => formatNumber(value, 0)

const listed = (counts: Counts): string => {
  const entries = Object.entries(counts)
  return entries.length === 0 ? '-' : entries.map(([name, count]) => `${name} ${whole(count)}`).join(', ')
}

function lateText({ instants, late, late_after_ms, worst_ms }: ServeDocument['lateness']): string {
  const share = instants === 0 ? 0 : (late / instants) * 100
  return `${whole(late)} of ${whole(instants)} by more than ${late_after_ms} ms (${formatNumber(share, 2)} %), worst ${formatNumber(worst_ms, 1)} ms`
}

export function formatServe(document: ServeDocument, paint: Paint = plainPaint): string {
  const { machines, served_s, connections, lost, unreachable, requests, completed, cancelled } = document
  const rows: readonly (readonly [string, string])[] = [
    ['Macs', whole(machines)],
    ['connections', `${whole(connections)} opened, ${whole(lost)} lost, ${whole(unreachable)} tries without an answer`],
    ['requests', `${whole(requests)}: ${whole(completed)} completed, ${whole(cancelled)} cancelled by the coordinator`],
    ['errors by status', listed(document.errors)],
    ['tokens', `${whole(document.prompt_tokens)} of prompts, ${whole(document.completion_tokens)} generated`],
    ['frames sent', listed(document.sent)],
    ['frames heard', listed(document.heard)],
    ['not understood', listed(document.not_understood)],
    ['late timers', lateText(document.lateness)],
    ['CPU', `${formatNumber(Number(document.meta['cpu_s'] ?? 0), 1)} s in ${formatNumber(served_s, 1)} s`],
  ]
  const head = `${document.scenario.name}, seed ${document.seed}, before ${document.coordinator}`
  const width = Math.max(...rows.map(([label]) => label.length))
  const lines = rows.map(([label, text]) => `  ${paint('dim', label.padEnd(width))}  ${text}`)
  return `${paint('strong', head)}\n${lines.join('\n')}\n`
}
