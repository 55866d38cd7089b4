import type { TableSchema } from './table-schema.js'
import type { InputValues, ReadValues, ValueOf, ValueOptions } from './value-types.js'

/** What `defineSchema` takes: type texts by column name, or a list of names and type texts. */
export type ColumnTexts =
  | Readonly<Record<string, string>>
  | readonly (readonly [name: string, type: string])[]

declare const columnTexts: unique symbol

/** A table schema that knows the types of its rows. `Texts` exists for the compiler only. */
export interface TypedSchema<Texts extends ColumnTexts = ColumnTexts> extends TableSchema {
  readonly [columnTexts]?: Texts
}

type TextsOf<Schema> = Schema extends { readonly [columnTexts]?: infer Texts } ? NonNullable<Texts> : unknown
/** The type text of a pair. */
type TextIn<Pair> = Pair extends readonly [string, infer Text] ? Text : never
type Pairs = readonly (readonly [string, string])[]

/**
 * A row as it is read with `rowShape: 'array'`. A tuple when the schema was defined as a list; the order of an object's
 * keys is not known to the compiler, so that of a schema defined as an object every cell may be of any column's type.
 */
export type RowOf<Schema, Options extends ValueOptions = ValueOptions> = RowOfTexts<
  TextsOf<Schema>,
  ReadValues<Options>
>

type RowOfTexts<Texts, Values> = Texts extends Pairs
  ? { -readonly [Index in keyof Texts]: Cell<TextIn<Texts[Index]>, Values> }
  : Texts extends Readonly<Record<string, string>>
    ? Cell<Texts[keyof Texts], Values>[]
    : unknown[]

/** A row as it is read with `rowShape: 'object'`. */
export type RowObjectOf<Schema, Options extends ValueOptions = ValueOptions> = ObjectOfTexts<
  TextsOf<Schema>,
  ReadValues<Options>
>

type ObjectOfTexts<Texts, Values> = Texts extends Pairs
  ? { [Pair in Texts[number] as Pair[0]]: Cell<Pair[1], Values> }
  : Texts extends Readonly<Record<string, string>>
    ? { -readonly [Name in keyof Texts]: Cell<Texts[Name], Values> }
    : Record<string, unknown>

/**
 * The schema of the named columns of a schema, in that order; any schema where the compiler doesn't know which they are. Names match
 * without case, as they do when columns are read.
 */
export type SelectedSchema<Schema, Names extends readonly string[]> = number extends Names['length']
  ? TableSchema
  : PairsOf<TextsOf<Schema>, Names> extends infer Selected extends Pairs
    ? TypedSchema<Selected>
    : TableSchema

type PairsOf<Texts, Names extends readonly string[]> = {
  readonly [Index in keyof Names]: OrUndefined<PairOf<Texts, Names[Index]>>
}

type PairOf<Texts, Name extends string> = Texts extends Pairs
  ? Named<Texts[number], Name>
  : { [Key in keyof Texts & string]: Named<readonly [Key, Texts[Key]], Name> }[keyof Texts & string]

/** Distributes over a union of pairs. A union of names means none of them for sure. */
type Named<Pair, Name extends string> = Pair extends readonly [infer Key extends string, string]
  ? Lowercase<Name> extends Lowercase<Key>
    ? Pair
    : never
  : never

type OrUndefined<Pair> = [Pair] extends [never] ? undefined : Pair

/**
 * What is taken as a row to write: an array of cells in column order, or an object keyed by column name, in which
 * columns that may be NULL can be left out.
 */
export type RowInputOf<Schema> = InputOfTexts<TextsOf<Schema>>

type InputOfTexts<Texts> = Texts extends Pairs
  ?
      | { readonly [Index in keyof Texts]: InputCell<TextIn<Texts[Index]>> }
      | InputObject<{ [Pair in Texts[number] as Pair[0]]: Pair[1] }>
  : Texts extends Readonly<Record<string, string>>
    ? readonly InputCell<Texts[keyof Texts]>[] | InputObject<Texts>
    : readonly unknown[] | object

type InputObject<Texts> = {
  readonly [Name in keyof Texts as IsNullable<Texts[Name]> extends true ? never : Name]: InputCell<
    Texts[Name]
  >
} & {
  readonly [Name in keyof Texts as IsNullable<Texts[Name]> extends true ? Name : never]?: InputCell<
    Texts[Name]
  >
}

/* A column's text is its type, and `not null` if it is not nullable. */

type IsNullable<Text> = Text extends string
  ? Lowercase<Text> extends `${string} not null`
    ? false
    : true
  : never

type TypeText<Text> = Text extends `${infer Type} not null` | `${infer Type} NOT NULL` ? Type : Text

/** Distributes over a union of texts. */
type Cell<Text, Values> = Text extends string
  ? ValueOf<TypeText<Text>, Values> | (IsNullable<Text> extends true ? null : never)
  : never

type InputCell<Text> = Text extends string
  ? ValueOf<TypeText<Text>, InputValues> | (IsNullable<Text> extends true ? null | undefined : never)
  : never
