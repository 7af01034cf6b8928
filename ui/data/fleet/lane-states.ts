/** States of a Mac's lane, in order of precedence: a Mac that prefills and decodes at once shows prefill. Columns hold the place. */
export const LANE_STATES = ['idle', 'offline', 'loading', 'decode', 'prefill'] as const
