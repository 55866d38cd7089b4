/** Something in a Parquet file is not what the format says. */
export class DamagedParquet extends Error {}
