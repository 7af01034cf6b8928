/** States of one slot, the room of a build on a Mac, in order of precedence; columns hold the place. */
export const SLOT_STATES = ['absent', 'idle', 'loading', 'decode', 'prefill'] as const
