/** How fast this browser simulates, as its runs so far showed: for words on how long one more takes, never for a figure. */
const KEY = 'fleetlab.events-per-second'
/** Before the first run: a laptop under load. A guess that is too long disappoints nobody. */
const FIRST_GUESS = 40_000

const stored = (): number => {
  try {
    const value = Number(localStorage.getItem(KEY))
    return Number.isFinite(value) && value > 0 ? value : FIRST_GUESS
  } catch {
    // Pages may be kept from storing anything.
    return FIRST_GUESS
  }
}

export function noteSpeed(events: number, milliseconds: number): void {
  if (events < 1_000 || milliseconds <= 0) return
  try {
    localStorage.setItem(KEY, String(Math.round((events * 1_000) / milliseconds)))
  } catch {
    // As above.
  }
}

/** `about 7 s`, `about 2 min`; undefined: nothing is known of what is to run. */
export function timeFor(events: number): string | undefined {
  if (!(events > 0)) return undefined
  const seconds = events / stored()
  if (seconds < 1) return 'about a second'
  return seconds < 90 ? `about ${Math.ceil(seconds)} s` : `about ${Math.ceil(seconds / 60)} min`
}
