/**
 * Rows that travel as one chunk. An array of its own class, because a plain array is one row: an array of cells.
 * `map`, `filter`, `slice` of it, and `RowBatch.from(rows)`, give a RowBatch.
 */
export class RowBatch<Row = unknown> extends Array<Row> {}
