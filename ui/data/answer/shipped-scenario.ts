/** What the list of shipped scenarios says of each, before it is fetched. */
export interface ShippedScenario {
  /** From the page: `scenarios/headline/gpt-oss-vs-gemma.yaml`. */
  readonly path: string
  /** Below `scenarios/`. */
  readonly folder: string
  readonly name: string
  readonly about: string
  /** Its arms in their order, each in a few words. */
  readonly arms: { readonly [arm: string]: string }
}
