/** Types for the one generator of seedrandom that we load by its own path, so that the six others stay out of bundles. */
declare module 'seedrandom/lib/alea.js' {
  export interface Alea {
    /** Uniform in [0, 1) with 32 bits. */
    (): number
    /** Uniform in [0, 1) with 53 bits; two steps of the generator. */
    double(): number
  }
  export default function alea(seed: string): Alea
}
