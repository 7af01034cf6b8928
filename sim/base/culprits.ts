/**
 * Whom a delay is blamed on when it is no model. They stand beside models in results and in the trace, so no model may be
 * called so: what is blamed on either could not be told apart.
 */

/** In the order in which a result lists them. `ghosts`: rows nobody waits for; `process`: another program of the Mac. */
export const OTHER_CULPRITS: readonly string[] = ['ghosts', 'process', 'prefix_hit', 'none']
