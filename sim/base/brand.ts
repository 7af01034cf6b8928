/** Nominal types: two numbers with different meanings must not be interchangeable, although both are numbers at run time. */
declare const tag: unique symbol

export type Brand<Base, Tag extends string> = Base & { readonly [tag]: Tag }
