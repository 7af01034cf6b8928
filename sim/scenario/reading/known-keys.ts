/** What a schema knows at a place of the document, for "did you mean". */
import { z } from 'zod'
import type { Path } from './path.ts'

/** A schema, and the place in the document that it describes. */
export interface Scope {
  readonly schema: z.core.$ZodType
  readonly path: Path
}

/**
 * The keys that a map at a place inside the scope may have. Where the schema leaves several alternatives open, those
 * count that know most of the keys that are right.
 */
export function knownKeys(scope: Scope, path: Path, right: readonly string[]): readonly string[] {
  const alternatives = schemasAt(scope.schema, path.slice(scope.path.length)).flatMap((schema) =>
    schema instanceof z.ZodObject ? [Object.keys(schema.shape)] : [],
  )
  const matches = alternatives.map((keys) => right.filter((key) => keys.includes(key)).length)
  const best = Math.max(...matches)
  return [...new Set(alternatives.filter((_, i) => matches[i] === best).flat())]
}

/** The scope of one alternative of the union at a place; the scope given when there is no such union. */
export function alternativeScope(scope: Scope, path: Path, alternative: number): Scope {
  const [union] = unionsAt(scope.schema, path.slice(scope.path.length))
  const schema = union?.options[alternative]
  return schema === undefined ? scope : { schema, path }
}

function schemasAt(schema: z.core.$ZodType, path: Path): readonly z.core.$ZodType[] {
  const bare = unwrapped(schema)
  if (bare instanceof z.ZodUnion) return bare.options.flatMap((option) => schemasAt(option, path))
  const [step, ...rest] = path
  if (step === undefined) return [bare]
  const inner = childSchema(bare, step)
  return inner === undefined ? [] : schemasAt(inner, rest)
}

function unionsAt(schema: z.core.$ZodType, path: Path): readonly z.ZodUnion[] {
  const bare = unwrapped(schema)
  const [step, ...rest] = path
  if (bare instanceof z.ZodUnion) {
    return step === undefined ? [bare] : bare.options.flatMap((option) => unionsAt(option, path))
  }
  const inner = step === undefined ? undefined : childSchema(bare, step)
  return inner === undefined ? [] : unionsAt(inner, rest)
}

function childSchema(schema: z.core.$ZodType, step: string | number): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodObject) return schema.shape[step]
  if (schema instanceof z.ZodRecord) return schema.valueType
  if (schema instanceof z.ZodArray) return schema.element
  return undefined
}

/** What is left when defaults, transformations and the like are taken off. */
function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  let bare = schema
  for (;;) {
    if (bare instanceof z.ZodOptional || bare instanceof z.ZodDefault || bare instanceof z.ZodPrefault) {
      bare = bare.def.innerType
    } else if (bare instanceof z.ZodPipe) bare = bare.def.in
    else return bare
  }
}
