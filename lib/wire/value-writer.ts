/**
 * What a type writes its values with. Every method writes the bytes of protocol 4.2 and 4.4 and feeds the record
 * checksum as 4.6 says.
 */
export interface ValueWriter {
  /** Zigzag varint, fed as int64; `high` carries the sign. */
  int64(low: number, high: number): void
  /** Zigzag varint, fed as int32. */
  int32(value: number): void
  boolean(value: boolean): void
  float(value: number): void
  double(value: number): void
  /** Length and bytes; the length is not fed. */
  bytes(value: Uint8Array): void
  /**
   * Length and UTF-8. Returns the number of bytes without the length, or -1 for a string with a lone surrogate;
   * then what was written is undefined and the record must be given up.
   */
  text(value: string): number
  /** An element count, not fed. */
  count(value: number): void
  /** The flag before a nested value, not fed; true for NULL. */
  nullFlag(isNull: boolean): void
}
