/** The messages between client, coordinator and Mac. */
export { PLAIN_TERMS } from './client.ts'
export type * from './client.ts'
export { blankSlotReport } from './provider.ts'
export type * from './provider.ts'
export { SealedBody } from './sealed.ts'
