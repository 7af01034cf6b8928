/**
 * A progress bar on standard error, only when that is a terminal somebody watches: not in CI, not in a dumb terminal.
 * It never touches standard output, so `--json` stays one document.
 */

export interface Progress {
  /** Share of the whole that is done, 0 … 1. */
  update(share: number): void
  /** Words after the bar. Brings it back at once. */
  status?(text: string | undefined): void
  /** Removes the bar; another update brings it back. */
  end(): void
}

export interface ProgressTarget {
  readonly isTTY: boolean
  readonly columns: number
  write(text: string): void
}

const SILENT: Progress = { update() {}, end() {} }
const BAR_WIDTH = 24
/** Redrawing more often than the eye follows only costs time. */
const REDRAW_MS = 100
/** Before this the estimate of what is left is a guess that jumps. */
const ESTIMATE_AFTER_MS = 500
const CLEAR_LINE = '\r\u001B[K'

/** `1:05`, `12 s`. */
export function formatRemaining(seconds: number): string {
  const whole = Math.ceil(seconds)
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}

export function drawBar(label: string, share: number, elapsedMs: number, status?: string): string {
  const filled = Math.round(Math.min(1, share) * BAR_WIDTH)
  const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled)
  const percent = `${Math.floor(share * 100)} %`.padStart(5)
  const known = elapsedMs >= ESTIMATE_AFTER_MS && share > 0 && share < 1
  const left = known ? `  ${formatRemaining((elapsedMs * (1 - share)) / share / 1000)} left` : ''
  return `${label} ${bar} ${percent}${left}${status === undefined ? '' : `  ${status}`}`
}

export function watchesProgress(
  target: ProgressTarget,
  environment: { readonly [name: string]: string | undefined },
): boolean {
  return target.isTTY && !environment['CI'] && environment['TERM'] !== 'dumb'
}

export function startProgress(label: string, target: ProgressTarget, watched: boolean, clock: () => number): Progress {
  if (!watched) return SILENT
  const startedAt = clock()
  let drawnAt = -Infinity
  let shown = 0
  let words: string | undefined
  let isThere = false
  const draw = (now: number): void => {
    drawnAt = now
    isThere = true
    const bar = drawBar(label, shown, now - startedAt, words)
    target.write(CLEAR_LINE + bar.slice(0, Math.max(20, target.columns - 1)))
  }
  return {
    update(share) {
      shown = share
      const now = clock()
      if (now - drawnAt >= REDRAW_MS) draw(now)
    },
    status(text) {
      if (text === words && isThere) return
      words = text
      draw(clock())
    },
    end() {
      isThere = false
      target.write(CLEAR_LINE)
    },
  }
}
