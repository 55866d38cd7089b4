"""Writes Parquet files with pyarrow, and beside each one what pyarrow reads from it.

    python make_parquet.py golden                  the files beside this script
    python make_parquet.py many <folder> <count> [seed]   random types, values and ways to write them
    python make_parquet.py describe <file>         what pyarrow reads from a file

The values stand in <name>.jsonl, a column a line, in a form that leaves nothing to a reader's taste:
text and bytes as hex, floats as the hex of their IEEE double, integers as digits, decimals as the digits of the
unscaled integer, dates as days, times as nanoseconds, a map as a list of pairs, a struct as a list of its fields' values.
"""

import datetime
import json
import os
import random
import struct
import sys
from decimal import Decimal as D

import pyarrow as pa
import pyarrow.parquet as pq

HERE = os.path.dirname(os.path.abspath(__file__))
NANOS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}


def canonical(array):
    """The values of an array, in the form described above."""
    kind = array.type
    types = pa.types
    if isinstance(kind, pa.BaseExtensionType):
        return canonical(array.storage)
    if types.is_dictionary(kind):
        return canonical(array.dictionary_decode())
    if types.is_null(kind) or types.is_boolean(kind):
        return array.to_pylist()
    if types.is_integer(kind):
        return each(array, str)
    if types.is_floating(kind):
        return each(array, lambda value: struct.pack(">d", value).hex() if value == value else "NaN")
    if types.is_decimal(kind):
        return each(array, unscaled)
    if types.is_date(kind):
        return each(array.cast(pa.date32()).cast(pa.int32()), str)
    if types.is_timestamp(kind) or types.is_duration(kind):
        factor = NANOS[kind.unit] if types.is_timestamp(kind) else 1
        return each(array.cast(pa.int64()), lambda value: str(value * factor))
    if types.is_string(kind) or types.is_large_string(kind):
        return each(array.cast(pa.binary()), bytes.hex)
    if types.is_map(kind):
        pairs = list(zip(canonical(array.keys), canonical(array.items)))
        return lists(array, [list(pair) for pair in pairs])
    if types.is_list(kind) or types.is_large_list(kind):
        return lists(array, canonical(array.values))
    if types.is_struct(kind):
        members = [canonical(array.field(i)) for i in range(kind.num_fields)]
        rows = zip(*members)
        return [list(row) if valid else None for row, valid in zip(rows, array.is_valid().to_pylist())]
    return each(array, bytes.hex)


def each(array, form):
    return [None if value is None else form(value) for value in array.to_pylist()]


def unscaled(value):
    sign, digits, _ = value.as_tuple()
    return str((-1 if sign else 1) * int("".join(map(str, digits))))


def lists(array, values):
    offsets = array.offsets.to_pylist()
    valid = array.is_valid().to_pylist()
    return [values[offsets[i] : offsets[i + 1]] if valid[i] else None for i in range(len(array))]


# --- random values -------------------------------------------------------------------------------------------------


def integers(bits, signed):
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    edges = [low, high, 0, 1, low + 1, high - 1]
    return lambda rng: rng.choice(edges) if rng.random() < 0.4 else rng.randint(low, high)


def floats(rng):
    edges = [0.0, -0.0, float("nan"), float("inf"), float("-inf"), 0.1, 1e300, 5e-324, -1.5, 65504.0]
    return rng.choice(edges) if rng.random() < 0.5 else rng.uniform(-1e6, 1e6)


def halves(rng):
    return struct.unpack("<e", struct.pack("<H", rng.randrange(0x7C00) | rng.choice([0, 0x8000])))[0]


def texts(rng):
    edges = ["", "\ufeff", "\ufeffa", "a", "\u0000", "好😀", "\ufffd", "a,\"b\"\n", "__proto__", "1", "NULL", " x "]
    return rng.choice(edges) if rng.random() < 0.6 else "".join(rng.choice("abcé好") for _ in range(rng.randrange(12)))


def binaries(rng):
    return rng.choice([b"", b"\xff\xfe", b"\x00", b"\xef\xbb\xbf"]) if rng.random() < 0.5 else rng.randbytes(rng.randrange(9))


def decimals(precision, scale):
    import decimal

    context = decimal.Context(prec=100)

    def make(rng):
        digits = rng.choice([0, 1, -1, 10**precision - 1, 1 - 10**precision, rng.randrange(10**precision)])
        return decimal.Decimal(digits).scaleb(-scale, context)

    return make


def moments(low, high):
    return lambda rng: rng.choice([0, -1, 1, low, high]) if rng.random() < 0.4 else rng.randint(low, high)


YEARS = {unit: (-62135596800 * 10**9 // nanos, 253402300799 * 10**9 // nanos) for unit, nanos in NANOS.items()}
YEARS["ns"] = (-(2**63) + 1, 2**63 - 1)

LEAVES = [
    *[(getattr(pa, f"{u}int{bits}")(), integers(bits, u == "")) for u in ["", "u"] for bits in [8, 16, 32, 64]],
    (pa.bool_(), lambda rng: rng.random() < 0.5),
    (pa.float16(), halves),
    (pa.float32(), lambda rng: struct.unpack("<f", struct.pack("<f", value))[0] if abs(value := floats(rng)) < 1e30 or value != value else value / 1e300 if value not in (float("inf"), float("-inf")) else value),
    (pa.float64(), floats),
    (pa.string(), texts),
    (pa.large_string(), texts),
    (pa.dictionary(pa.int32(), pa.string()), texts),
    (pa.binary(), binaries),
    (pa.binary(3), lambda rng: rng.randbytes(3)),
    (pa.decimal128(5, 2), decimals(5, 2)),
    (pa.decimal128(18, 18), decimals(18, 18)),
    (pa.decimal128(38, 10), decimals(38, 10)),
    (pa.decimal256(76, 40), decimals(76, 40)),
    (pa.date32(), lambda rng: datetime.date(1, 1, 1) + datetime.timedelta(days=rng.randrange(3652059))),
    *[(pa.timestamp(unit, zone), moments(*YEARS[unit])) for unit in NANOS for zone in [None, "UTC"]],
    (pa.null(), lambda rng: None),
]


def leaf(rng, keys=False):
    while True:
        kind, make = rng.choice(LEAVES)
        if not (keys and (pa.types.is_null(kind) or pa.types.is_dictionary(kind))):
            return kind, make


def nullable(make, rng, share):
    return None if rng.random() < share else make(rng)


def field(rng, depth):
    """A type, and a function that makes values of it."""
    form = rng.choice(["leaf", "leaf", "list", "map", "struct", "large_list"]) if depth > 0 else "leaf"
    if form == "leaf":
        return leaf(rng)
    share = rng.choice([0, 0.2, 0.9])
    if form == "map":
        (key, make_key), (value, make_value) = leaf(rng, keys=True), field(rng, depth - 1)
        return pa.map_(key, value), lambda r: [(make_key(r), nullable(make_value, r, share)) for _ in range(r.randrange(4))]
    if form == "struct":
        members = [(rng.choice(["a", "b", "__proto__", "x y"]) + str(i), *field(rng, depth - 1)) for i in range(rng.randint(1, 3))]
        kind = pa.struct([pa.field(name, inner, nullable=True) for name, inner, _ in members])
        return kind, lambda r: {name: nullable(make, r, share) for name, _, make in members}
    inner, make = field(rng, depth - 1)
    kind = pa.list_(inner) if form == "list" else pa.large_list(inner)
    return kind, lambda r: [nullable(make, r, share) for _ in range(r.choice([0, 1, 2, 5]))]


def build(kind, values):
    if pa.types.is_timestamp(kind):
        return pa.array(values, pa.int64()).cast(kind)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_map(kind) or pa.types.is_struct(kind):
        return nested(kind, values)
    return pa.array(values, kind)


def nested(kind, values):
    """As pa.array, with times given as counts of units."""
    mask = pa.array([value is None for value in values], pa.bool_())
    if pa.types.is_struct(kind):
        members = [build(f.type, [None if v is None else v[f.name] for v in values]) for f in kind]
        return pa.StructArray.from_arrays(members, fields=list(kind), mask=mask)
    offsets, flat = [0], []
    for value in values:
        flat.extend(value or [])
        offsets.append(len(flat))
    if pa.types.is_map(kind):
        keys, items = build(kind.key_type, [k for k, _ in flat]), build(kind.item_type, [v for _, v in flat])
        holes = [None if v is None else o for o, v in zip(offsets, values)] + [offsets[-1]]
        return pa.MapArray.from_arrays(pa.array(holes, pa.int32()), keys, items)
    make, width = (pa.ListArray, pa.int32()) if pa.types.is_list(kind) else (pa.LargeListArray, pa.int64())
    return make.from_arrays(pa.array(offsets, width), build(kind.value_type, flat), type=kind, mask=mask)


def random_table(rng, rows, columns):
    made = []
    for i in range(columns):
        kind, make = field(rng, rng.choice([0, 0, 1, 2, 3]))
        share = rng.choice([0, 0.1, 0.9, 1])
        required = share == 0 and not pa.types.is_null(kind) and rng.random() < 0.5
        values = [nullable(make, rng, share) for _ in range(rows)]
        made.append((pa.field(f"c{i}", kind, nullable=not required), build(kind, values)))
    return pa.table([array for _, array in made], schema=pa.schema([f for f, _ in made]))


# --- ways to write -------------------------------------------------------------------------------------------------

CODECS = ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]
ENCODINGS = {
    "BOOLEAN": ["PLAIN", "RLE"],
    "INT32": ["PLAIN", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"],
    "INT64": ["PLAIN", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"],
    "INT96": ["PLAIN"],
    "FLOAT": ["PLAIN", "BYTE_STREAM_SPLIT"],
    "DOUBLE": ["PLAIN", "BYTE_STREAM_SPLIT"],
    "BYTE_ARRAY": ["PLAIN", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"],
    "FIXED_LEN_BYTE_ARRAY": ["PLAIN", "DELTA_BYTE_ARRAY", "BYTE_STREAM_SPLIT"],
}


def leaves_of(table, options):
    """Names and physical types of the columns in the file."""
    sink = pa.BufferOutputStream()
    pq.write_table(table.slice(0, 0), sink, **options)
    schema = pq.ParquetFile(pa.BufferReader(sink.getvalue())).schema
    return [(schema.column(i).path, schema.column(i).physical_type) for i in range(len(schema))]


def random_options(rng, table):
    options = {
        "compression": rng.choice(CODECS),
        "data_page_version": rng.choice(["1.0", "2.0"]),
        "version": rng.choice(["1.0", "2.4", "2.6"]),
        "row_group_size": rng.choice([1, 7, 100, 10000]),
        "data_page_size": rng.choice([1, 64, 10**6]),
        "write_batch_size": rng.choice([1, 3, 1024]),
        "write_page_checksum": rng.random() < 0.3,
        "write_page_index": rng.random() < 0.3,
        "use_compliant_nested_type": rng.random() < 0.7,
        "store_decimal_as_integer": rng.random() < 0.5,
        "store_schema": rng.random() < 0.5,
    }
    if options["version"] != "2.6":
        options["coerce_timestamps"] = rng.choice(["ms", "us"])
        options["allow_truncated_timestamps"] = True
    elif rng.random() < 0.2 and not any("timestamp[ms" in str(t) or "timestamp[us" in str(t) or "timestamp[s" in str(t) for t in table.schema.types):
        options["use_deprecated_int96_timestamps"] = True
    if rng.random() < 0.6:
        options["use_dictionary"] = False
        options["column_encoding"] = {
            path: rng.choice(ENCODINGS[physical]) for path, physical in leaves_of(table, {**options, "use_dictionary": False})
        }
    elif rng.random() < 0.5:
        options["dictionary_pagesize_limit"] = rng.choice([1, 100])
    return options


def write(path, table, options, without=()):
    pq.write_table(table, path, **options)
    describe(path, without)


def describe(path, without=()):
    """Writes what pyarrow reads from the file; columns that a table cannot hold without values."""
    table = pq.read_table(path)
    if table.num_rows != pq.read_metadata(path).num_rows:
        raise OSError("pyarrow does not read all rows of its own file")
    columns = [
        {"name": name, "type": str(column.type), "values": values_of(column, table.num_rows, name in without)}
        for name, column in zip(table.column_names, table.columns)
    ]
    with open(os.path.splitext(path)[0] + ".jsonl", "w", encoding="utf-8") as file:
        for column in columns:
            file.write(json.dumps(column, separators=(",", ":")) + "\n")


def values_of(column, rows, is_left_out):
    if is_left_out:
        return None
    return canonical(column.combine_chunks()) if rows else []


def many(folder, count, seed=0):
    os.makedirs(folder, exist_ok=True)
    done = skipped = 0
    while done < count:
        rng = random.Random(f"{seed}/{done}/{skipped}")
        table = random_table(rng, rng.choice([0, 1, 2, 9, 60, 300]), rng.randint(1, 6))
        try:
            write(os.path.join(folder, f"{seed}-{done}.parquet"), table, random_options(rng, table))
            done += 1
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
            skipped += 1
            print("not written:", str(error).splitlines()[0][:150], file=sys.stderr)
    print(f"{done} files, {skipped} that pyarrow does not write")


# --- the files beside this script ----------------------------------------------------------------------------------


def golden():
    folder = lambda name: os.path.join(HERE, name + ".parquet")
    rng = random.Random("golden")
    kinds = [(kind, make) for kind, make in LEAVES if "256" not in str(kind)]
    leaves = pa.table(
        [build(kind, [make(rng) for _ in range(5)] + [None]) for kind, make in kinds],
        names=[f"{i} {kind}" for i, (kind, _) in enumerate(kinds)],
    )
    write(folder("leaves-1.0"), leaves, {"version": "1.0", "coerce_timestamps": "us", "allow_truncated_timestamps": True})
    write(folder("leaves-2.6-v2-zstd"), leaves, {"compression": "zstd", "data_page_version": "2.0", "store_schema": False})
    instants = leaves.select([name for name in leaves.column_names if "timestamp[ns" in name])
    write(folder("int96"), instants, {"use_deprecated_int96_timestamps": True})
    for version, codec in [("1.0", "brotli"), ("2.0", "gzip")]:
        encoded, encodings = {}, {}
        for physical, values in [
            ("BOOLEAN", pa.array([True, False, None, True] * 5)),
            ("INT32", pa.array([1, -(2**31), 2**31 - 1, None] * 5, pa.int32())),
            ("INT64", pa.array([2**63 - 1, None, -(2**63), 7] * 5)),
            ("FLOAT", pa.array([0.5, None, -0.0, 1e30] * 5, pa.float32())),
            ("DOUBLE", pa.array([0.1, None, -0.0, float("-inf")] * 5)),
            ("BYTE_ARRAY", pa.array(["", "aa", None, "aab", "\ufeff好"] * 4)),
            ("FIXED_LEN_BYTE_ARRAY", pa.array([b"abc", b"abd", None, b"\x00\xff\x00"] * 5, pa.binary(3))),
        ]:
            for encoding in ENCODINGS[physical]:
                encoded[f"{physical} {encoding}"] = values
                encodings[f"{physical} {encoding}"] = encoding
        options = {"column_encoding": encodings, "use_dictionary": False, "data_page_version": version}
        write(folder(f"encodings-v{version}-{codec}"), pa.table(encoded), {**options, "compression": codec, "store_schema": False})
    rng = random.Random("nested 7")
    nested = random_table(rng, 12, 5)
    write(folder("nested-small-pages"), nested, {"data_page_size": 1, "write_batch_size": 2, "row_group_size": 5, "store_schema": False})
    small = pa.table({"i": [1, None, 3], "s": ["a", None, ""], "n": pa.nulls(3)})
    for codec in CODECS:
        write(folder(f"codec-{codec}"), small, {"compression": codec, "write_page_checksum": True, "store_schema": False})
    with pq.ParquetWriter(folder("empty-groups"), small.schema, store_schema=False) as writer:
        for part in [small.slice(0, 0), small.slice(0, 2), small.slice(0, 0), small.slice(2, 1), small.slice(3, 0)]:
            writer.write_table(part)
    describe(folder("empty-groups"))
    duck(folder("duckdb"))
    by_fastparquet(folder("fastparquet"))
    odd = pa.table(
        {
            "id": pa.array([1, 2, 3], pa.int64()),
            "s": pa.array([b"\xff\xfe", "\ufeffa".encode(), b"ok"], pa.binary()).view(pa.string()),
            "m": build(
                pa.map_(pa.decimal128(5, 2), pa.binary()),
                [[(D("1.10"), b"\xff"), (D("0.10"), b"")], [(D("1.10"), b"a"), (D("1.10"), b"b")], []],
            ),
            "p": build(pa.struct([("__proto__", pa.int64()), ("2", pa.string()), ("1", pa.string())]), [
                {"__proto__": 1, "2": "two", "1": "one"},
                {"__proto__": None, "2": None, "1": None},
                None,
            ]),
            "t": pa.array([1, 2, None], pa.time32("ms")),
        }
    )
    write(folder("odd-values"), odd, {"store_schema": False}, without=["t"])


DUCK = {
    "uuid": "'00112233-4455-6677-8899-aabbccddeeff'::UUID",
    "enum": "'b'::ENUM('a', 'b')",
    "json": """'{"a":1.0}'::JSON""",
    "blob": "'\\xFF\\x00'::BLOB",
    "ubigint": "18446744073709551615::UBIGINT",
    "decimal": "12345678901234567890.12::DECIMAL(38, 2)",
    "time": "TIME '12:34:56.789'",
    "interval": "INTERVAL '1 month 2 days 3 seconds'",
    "variant": "{'a': 1}::VARIANT",
    "times": "[{'a': TIME '00:00:01', 'b': 1}]",
    "geometry": "'POINT(1 2)'::GEOMETRY",
    "timestamp_ms": "TIMESTAMP_MS '9999-12-31 23:59:59.999'",
    "timestamp_ns": "TIMESTAMP_NS '2001-02-03 04:05:06.789123456'",
    "timestamptz": "TIMESTAMPTZ '0001-01-01 00:00:00+00'",
    "map": "MAP {1.10::DECIMAL(5, 2): 'x', 0.10: NULL}",
}


def duck(path):
    import duckdb

    columns = ", ".join(f"{value} AS {name}" for name, value in DUCK.items())
    duckdb.sql(f"COPY (SELECT {columns}) TO '{path}' (FORMAT parquet)")
    describe(path, without=["time", "interval", "variant", "times"])


def by_fastparquet(path):
    """Plain pages end with 8 bytes too many, and LZ4 is a bare block."""
    import fastparquet
    import pandas as pd

    frame = pd.DataFrame(
        {
            "i": [1, -2, 2**40] * 40,
            "s": ["a", None, "\u00e9x"] * 40,
            "c": pd.Categorical([f"k{i % 7}" for i in range(120)]),
            "t": pd.to_datetime([0, 1_000_000_007_000, -5_000] * 40),
        }
    )
    fastparquet.write(path, frame, compression={"i": "LZ4", "_default": None}, row_group_offsets=[0, 50])
    describe(path)


if __name__ == "__main__":
    if sys.argv[1] == "many":
        many(sys.argv[2], int(sys.argv[3]), *sys.argv[4:5])
    elif sys.argv[1] == "describe":
        describe(sys.argv[2])
    else:
        golden()
