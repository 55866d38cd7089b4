"""Writes the files pages-*.parquet with pyarrow and DuckDB, and beside each one what pyarrow reads from it.

    python make_pages.py

Flat columns whose pages become records as they are: plain, dictionaries, both in one column, pages of both versions, pages
of columns that do not begin at the same rows, row groups, NULLs nowhere, somewhere and everywhere.
"""

import datetime
import decimal
import os
import random

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from make_parquet import HERE, describe

D = decimal.Decimal


def decimals(precision, scale):
    context = decimal.Context(prec=60)
    edges = [0, 1, -1, 10**precision - 1, 1 - 10**precision]
    return lambda rng: D(rng.choice([*edges, rng.randrange(10**precision)])).scaleb(-scale, context)


def whole(low, high):
    return lambda rng: rng.choice([low, high, 0, rng.randint(low, high)])


def times(unit):
    low, high = (-62135596800 * unit, 253402300799 * unit + unit - 1) if unit < 10**9 else (-(2**63), 2**63 - 1)
    return lambda rng: rng.choice([0, -1, 1, low, high, rng.randint(low, high)])


COLUMNS = {
    "flag": (pa.bool_(), lambda rng: rng.random() < 0.5),
    "tiny": (pa.int8(), whole(-128, 127)),
    "byte": (pa.uint8(), whole(0, 255)),
    "int": (pa.int32(), whole(-(2**31), 2**31 - 1)),
    "uint": (pa.uint32(), whole(0, 2**32 - 1)),
    "long": (pa.int64(), whole(-(2**63), 2**63 - 1)),
    "ulong": (pa.uint64(), whole(0, 2**64 - 1)),
    "float": (pa.float32(), lambda rng: rng.choice([0.0, -0.0, float("inf"), 1.5, rng.uniform(-9, 9)])),
    "double": (pa.float64(), lambda rng: rng.choice([-0.0, float("-inf"), 5e-324, 7.0, rng.uniform(-9, 9)])),
    "text": (pa.string(), lambda rng: "".join(rng.choice("ab é好😀") for _ in range(rng.choice([0, 3, 20, 90])))),
    "bytes": (pa.binary(), lambda rng: rng.randbytes(rng.choice([0, 5, 30, 200]))),
    "fixed": (pa.binary(5), lambda rng: rng.randbytes(5)),
    "day": (pa.date32(), lambda rng: datetime.date.fromordinal(rng.choice([1, 719163, 3652059]))),
    "ms": (pa.timestamp("ms", "UTC"), times(10**3)),
    "us": (pa.timestamp("us", "UTC"), times(10**6)),
    "ns": (pa.timestamp("ns"), times(10**9)),
    "d9": (pa.decimal128(9, 2), decimals(9, 2)),
    "d18": (pa.decimal128(18, 18), decimals(18, 18)),
    "d38": (pa.decimal128(38, 10), decimals(38, 10)),
}


def table(rows, nulls, names=None, kinds=0):
    rng = random.Random(f"{rows} {nulls}")
    arrays = {}
    for name, (kind, make) in COLUMNS.items():
        if names is not None and name not in names:
            continue
        few = [make(rng) for _ in range(kinds)]
        values = [rng.choice(few) if few else make(rng) for _ in range(rows)]
        arrays[name] = pa.array([None if rng.random() < nulls else value for value in values], kind)
    return pa.table(arrays)


def write(name, values, **options):
    path = os.path.join(HERE, f"pages-{name}.parquet")
    pq.write_table(values, path, **{"store_schema": False, "write_statistics": False, **options})
    describe(path)


def duck():
    path = os.path.join(HERE, "pages-duckdb.parquet")
    duckdb.sql(
        f"""COPY (SELECT i, i % 7 = 0 AS flag, CASE WHEN i % 5 > 0 THEN i * 1000003 END AS long, i / 7 AS double,
          'row ' || (i % 3) AS few, repeat('好', (i % 4)::INT) || i AS text, encode('b' || i) AS bytes,
          (i - 50)::DECIMAL(9, 2) / 3 AS d, ((i - 50) * 123456789012345)::DECIMAL(30, 4) AS huge,
          DATE '1970-01-01' + ((i * 100)::INT) AS day, TIMESTAMP '2001-02-03 04:05:06' + INTERVAL (i) MILLISECOND AS us,
          (i % 100)::TINYINT AS tiny, (i % 100)::UTINYINT AS byte
        FROM range(100) t(i)) TO '{path}' (FORMAT parquet)"""
    )
    describe(path)


if __name__ == "__main__":
    write("plain", table(12, 0), use_dictionary=False, compression="none")
    write("nulls", table(20, 0.3, kinds=4), write_page_checksum=True)
    write("v2", table(20, 0.2, kinds=4), data_page_version="2.0", compression="zstd")
    write("integers", table(10, 0.2, ["d9", "d18"]), store_decimal_as_integer=True, use_dictionary=False)
    write("none", table(9, 1, ["flag", "long", "text", "d38"]))
    mixed = table(240, 0.1, ["flag", "int", "double", "text"])
    write("fallback", mixed, data_page_size=300, dictionary_pagesize_limit=500, row_group_size=100, write_batch_size=8)
    write("days", table(30, 0.1, ["ns"]), use_deprecated_int96_timestamps=True)
    duck()
