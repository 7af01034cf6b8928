/** The messages between client, coordinator and Mac. */
export type * from './client.ts'
export type * from './provider.ts'
export { SealedBody } from './sealed.ts'
