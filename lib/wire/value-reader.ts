/** What a type reads its values with; the counterpart of ValueWriter. */
export interface ValueReader {
  /** Reads a zigzag varint into `low` and `high`. */
  int64(): void
  /** The halves that `int64` read, both signed. */
  readonly low: number
  readonly high: number
  int32(): number
  boolean(): boolean
  float(): number
  double(): number
  /** A copy that stays valid. */
  bytes(): Buffer
  /** UTF-8 with invalid bytes as U+FFFD; a byte order mark is kept. */
  text(): string
  count(): number
  /** True when the nested value is NULL. */
  nullFlag(): boolean
}
