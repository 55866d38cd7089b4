"""Writes Arrow IPC with pyarrow, and beside each file a note of what pyarrow reads from it, as JSON.

    python arrow.py FOLDER                       the files of this folder
    python arrow.py FOLDER --seed 1 --count 500  random tables: every type, nested, NULL, each compression
    python arrow.py FILE --note                  only what it reads from a file that is there

Values in the notes are physical: whole numbers as digits, floats as the 16 hex digits of a double, text and bytes as hex,
lists, structs and pairs of maps as lists. Needs pyarrow 26, and polars 2 for one file of the first kind.
"""

import argparse, decimal, json, os, random, struct

import pyarrow as pa

decimal.getcontext().prec = 200
UNITS = ["s", "ms", "us", "ns"]


# What pyarrow reads, as plain data ---------------------------------------------------------------------------------


def physical(array):
    """The values of an array as JSON can hold them, without rounding and without losing bytes."""
    t = array.type
    if isinstance(t, pa.BaseExtensionType):
        return physical(array.storage)
    if pa.types.is_dictionary(t):
        values = physical(array.dictionary)
        return [None if i is None else values[i] for i in array.indices.to_pylist()]
    if pa.types.is_run_end_encoded(t):
        values, ends = physical(array.values), array.run_ends.to_pylist()
        rows = range(array.offset, array.offset + len(array))
        return [values[next(r for r, end in enumerate(ends) if i < end)] for i in rows]
    if pa.types.is_struct(t):
        if t.num_fields == 0:
            return [[] if valid else None for valid in array.is_valid().to_pylist()]
        columns = [physical(each) for each in array.flatten()]
        valid = array.is_valid().to_pylist()
        return [list(row) if valid[i] else None for i, row in enumerate(zip(*columns))]
    if pa.types.is_map(t) or "list" in str(t).split("<")[0]:
        return [physical(array[i].values) if array[i].is_valid else None for i in range(len(array))]
    return [None if value is None else leaf(t, value) for value in raw(array)]


def raw(array):
    t = array.type
    if pa.types.is_date32(t) or pa.types.is_time32(t):
        return array.view(pa.int32()).to_pylist()
    if pa.types.is_date64(t) or pa.types.is_time64(t) or pa.types.is_timestamp(t) or pa.types.is_duration(t):
        return array.view(pa.int64()).to_pylist()
    if pa.types.is_string(t):
        return array.view(pa.binary()).to_pylist()
    if pa.types.is_large_string(t):
        return array.view(pa.large_binary()).to_pylist()
    if t == pa.string_view():
        return array.view(pa.binary_view()).to_pylist()
    return array.to_pylist()


def leaf(t, value):
    if pa.types.is_boolean(t):
        return value
    if pa.types.is_date64(t):
        return str(value // 86_400_000)
    if pa.types.is_floating(t):
        return "nan" if value != value else struct.pack(">d", value).hex()
    if pa.types.is_decimal(t):
        return str(int(value.scaleb(t.scale)))
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


# Values and types ---------------------------------------------------------------------------------------------------

TEXTS = [b"", b"a", b"twelve bytes", b"thirteen byte", "\ufeffmark".encode(), "好😀".encode(), b"\xff\xfe", b"x" * 40]
# pyarrow looks at the text of runs.
VALID_TEXTS = [each for each in TEXTS if each != b"\xff\xfe"]


def text_array(values, t):
    """Text of any bytes, which pyarrow does not look at here."""
    made = pa.array(values, pa.binary())
    if t == pa.string_view():
        return made.cast(pa.binary_view()).view(t)
    if t == pa.large_string():
        return made.cast(pa.large_binary()).view(t)
    return made.view(pa.string())


def numbers(t, rng):
    """Three values of a type that is a number inside: its ends, and one between."""
    bits = t.bit_width
    signed = not str(t).startswith("uint")
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    if pa.types.is_date64(t):
        return [-719528 * 86_400_000, 2932896 * 86_400_000, rng.randrange(-9999, 9999) * 86_400_000]
    if pa.types.is_time(t):
        day = 86_400 * {"s": 1, "ms": 1000, "us": 10**6, "ns": 10**9}[t.unit]
        return [0, day - 1, rng.randrange(day)]
    return [low, high, rng.randrange(-100 if signed else 0, 100)]


def values_of(t, count, rng, nulls=True, texts=TEXTS):
    """An array of `count` values of a type."""
    null = lambda: nulls and rng.random() < 0.25
    pick = lambda options: [None if null() else rng.choice(options) for _ in range(count)]
    if pa.types.is_null(t):
        return pa.nulls(count)
    if pa.types.is_dictionary(t):
        size = rng.randrange(1, 5)
        values = values_of(t.value_type, size, rng)
        return pa.DictionaryArray.from_arrays(pa.array(pick(range(size)), t.index_type), values)
    if pa.types.is_run_end_encoded(t):
        ends, at = [], 0
        while at < count:
            at = min(count, at + rng.randrange(1, 4))
            ends.append(at)
        return pa.RunEndEncodedArray.from_arrays(pa.array(ends, t.run_end_type), values_of(t.value_type, len(ends), rng, texts=VALID_TEXTS))
    if pa.types.is_map(t):
        sizes = [rng.randrange(4) for _ in range(count)]
        keys, items = values_of(t.key_type, sum(sizes), rng, False), values_of(t.item_type, sum(sizes), rng)
        return pa.MapArray.from_arrays(pa.array(offsets(sizes, null), pa.int32()), keys, items, type=t)
    if pa.types.is_fixed_size_list(t):
        mask = pa.array([null() for _ in range(count)], pa.bool_())
        return pa.FixedSizeListArray.from_arrays(values_of(t.value_type, count * t.list_size, rng), type=t, mask=mask)
    if "list_view" in str(t).split("<")[0]:
        child = values_of(t.value_type, 6, rng)
        starts = [rng.randrange(6) for _ in range(count)]
        sizes = [rng.randrange(7 - start) for start in starts]
        large = pa.types.is_large_list_view(t)
        made, width = (pa.LargeListViewArray, pa.int64()) if large else (pa.ListViewArray, pa.int32())
        mask = pa.array([null() for _ in range(count)], pa.bool_())
        return made.from_arrays(pa.array(starts, width), pa.array(sizes, width), child, type=t, mask=mask)
    if pa.types.is_list(t) or pa.types.is_large_list(t):
        sizes = [rng.randrange(4) for _ in range(count)]
        child = values_of(t.value_type, sum(sizes), rng)
        large = pa.types.is_large_list(t)
        made, width = (pa.LargeListArray, pa.int64()) if large else (pa.ListArray, pa.int32())
        return made.from_arrays(pa.array(offsets(sizes, null), width), child, type=t)
    if pa.types.is_struct(t):
        children = [values_of(t.field(i).type, count, rng) for i in range(t.num_fields)]
        mask = pa.array([null() for _ in range(count)], pa.bool_())
        return pa.StructArray.from_arrays(children, fields=list(t), mask=mask)
    if pa.types.is_boolean(t):
        return pa.array(pick([True, False]), t)
    if pa.types.is_floating(t):
        return pa.array(pick([0.0, -0.0, 1.5, float("inf"), float("-inf"), float("nan"), 6e-8, -65504.0]), pa.float64()).cast(t)
    if pa.types.is_decimal(t):
        most = 10**t.precision - 1
        unscaled = pick([0, most, -most, 15, -1, rng.randrange(most)])
        return pa.array([None if u is None else decimal.Decimal(u).scaleb(-t.scale) for u in unscaled], t)
    if t in (pa.string(), pa.large_string(), pa.string_view()):
        return text_array(pick(texts), t)
    if pa.types.is_fixed_size_binary(t):
        return pa.array(pick([bytes([i] * t.byte_width) for i in (0, 7, 255)]), t)
    if pa.types.is_binary(t) or pa.types.is_large_binary(t) or t == pa.binary_view():
        return pa.array(pick(TEXTS), t)
    if pa.types.is_interval(t):
        return pa.array(pick([pa.MonthDayNano([1, -2, 3]), pa.MonthDayNano([0, 0, 0])]), t)
    if pa.types.is_integer(t):
        return pa.array(pick(numbers(t, rng)), t)
    if isinstance(t, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(t, values_of(t.storage_type, count, rng))
    return pa.array(pick(numbers(t, rng)), pa.int32() if t.bit_width == 32 else pa.int64()).view(t)


def offsets(sizes, null):
    made = [0]
    for size in sizes:
        made.append(made[-1] + size)
    return [None if i < len(sizes) and null() else each for i, each in enumerate(made)]


LEAVES = (
    [pa.null(), pa.bool_(), pa.float16(), pa.float32(), pa.float64(), pa.date32(), pa.date64()]
    + [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]
    + [pa.decimal32(9, 2), pa.decimal64(18, 0), pa.decimal128(38, 18), pa.decimal128(5, -3), pa.decimal256(76, 20)]
    + [pa.timestamp(u) for u in UNITS] + [pa.timestamp(u, "Asia/Shanghai") for u in UNITS]
    + [pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns")] + [pa.duration(u) for u in UNITS]
    + [pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary(), pa.binary_view(), pa.binary(5)]
)


def nested(rng, depth):
    if depth == 0:
        return rng.choice(LEAVES)
    inner = lambda: nested(rng, rng.randrange(depth))
    kind = rng.randrange(9)
    if kind == 0:
        return pa.list_(inner())
    if kind == 1:
        return pa.large_list(inner())
    if kind == 2:
        return pa.list_(inner(), rng.randrange(1, 4))
    if kind == 3:
        return pa.map_(rng.choice([each for each in LEAVES if each != pa.null()]), inner())
    if kind == 4:
        return rng.choice([pa.list_view, pa.large_list_view])(inner())
    if kind == 5:
        return pa.dictionary(rng.choice([pa.int8(), pa.uint16(), pa.int32(), pa.int64()]), plain(rng, depth))
    if kind == 6:
        return pa.run_end_encoded(rng.choice([pa.int16(), pa.int32(), pa.int64()]), rng.choice(LEAVES[1:]))
    names = ["a", "__proto__", "a", "好", ""]
    return pa.struct([pa.field(names[i], inner()) for i in range(rng.randrange(1, 5))])


def plain(rng, depth):
    """A type that pyarrow can put into a dictionary."""
    t = rng.choice(LEAVES[1:])
    return pa.struct([pa.field("x", t)]) if depth > 1 and rng.random() < 0.3 else t


# Files --------------------------------------------------------------------------------------------------------------


def write(folder, name, tables, **options):
    """One file; each table is a batch of it."""
    path = os.path.join(folder, name)
    opener = pa.ipc.new_file if name.endswith(".arrow") else pa.ipc.new_stream
    with opener(path, tables[0].schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        for table in tables:
            writer.write_batch(table)
    note(path)


def note(path):
    """What pyarrow reads from it."""
    with pa.OSFile(path, "rb") as source:
        reader = pa.ipc.open_file(source) if path.endswith(".arrow") else pa.ipc.open_stream(source)
        if path.endswith(".arrow"):
            batches = [reader.get_batch(i) for i in range(reader.num_record_batches)]
        else:
            batches = list(reader)
        columns = []
        for i, field in enumerate(reader.schema):
            values = [value for batch in batches for value in physical(batch.column(i))]
            columns.append({"name": field.name, "type": str(field.type), "values": values})
    with open(path + ".note", "w") as out:
        json.dump(columns, out, ensure_ascii=True, separators=(",", ":"))


def batch(columns):
    return pa.RecordBatch.from_arrays([array for _, array in columns], names=[name for name, _ in columns])


class InTurn(random.Random):
    """Every choice in turn, and each ninth value NULL."""

    turn = 0

    def choice(self, options):
        self.turn += 1
        return options[self.turn % len(options)]

    def random(self):
        return 0.0 if self.turn % 9 == 8 else 1.0

    def randrange(self, start, stop=None):
        low, high = (0, start) if stop is None else (start, stop)
        self.turn += 1
        return low + self.turn % (high - low)


def golden(folder):
    leaves = batch([(f"c{i}", values_of(t, 9, InTurn())) for i, t in enumerate(LEAVES)])
    write(folder, "leaves.arrow", [leaves])
    some = batch([(f"c{i}", values_of(t, 9, InTurn())) for i, t in enumerate(LEAVES[1::3])])
    write(folder, "leaves-lz4.arrows", [some], compression="lz4")
    write(folder, "leaves-zstd.arrow", [some], compression="zstd")
    shapes = [
        pa.list_(pa.int32()), pa.large_list(pa.string()), pa.list_(pa.decimal128(9, 2), 2), pa.list_(pa.null(), 3),
        pa.list_view(pa.int64()), pa.large_list_view(pa.string_view()), pa.map_(pa.decimal128(5, 2), pa.string()),
        pa.map_(pa.binary(), pa.list_(pa.bool_())), pa.struct([("a", pa.int8()), ("__proto__", pa.string()), ("a", pa.date32())]),
        pa.struct([]), pa.run_end_encoded(pa.int32(), pa.decimal128(9, 2)), pa.run_end_encoded(pa.int16(), pa.string()),
        pa.dictionary(pa.int8(), pa.decimal128(9, 2)), pa.dictionary(pa.uint32(), pa.timestamp("ns", "UTC")),
        pa.dictionary(pa.int64(), pa.date32()), pa.list_(pa.dictionary(pa.int8(), pa.string())),
        pa.struct([("d", pa.dictionary(pa.int16(), pa.binary_view()))]), pa.uuid(), pa.json_(), pa.bool8(),
    ]
    for name, options in [("nested.arrow", {}), ("nested-lz4.arrows", {"compression": "lz4"})]:
        write(folder, name, [batch([(f"c{i}", values_of(t, 5, random.Random(i + 1))) for i, t in enumerate(shapes)])], **options)

    # A dictionary that grows, and one that is replaced, between the batches of a stream.
    encoded = lambda indices, values, t: pa.DictionaryArray.from_arrays(pa.array(indices, pa.int8()), pa.array(values, t))
    money = pa.decimal128(7, 2)
    cents = lambda *each: [None if c is None else decimal.Decimal(c).scaleb(-2) for c in each]
    batches = [
        batch([("d", encoded([0, None, 1], cents(150, None), money))]),
        batch([("d", encoded([2, 1, 0], cents(150, None, -1), money))]),
    ]
    write(folder, "delta.arrows", batches, emit_dictionary_deltas=True)
    write(folder, "delta.arrow", batches, emit_dictionary_deltas=True)
    write(folder, "replaced.arrows", batches + [batch([("d", encoded([0, 1, 1], cents(7, 8), money))])])
    # A dictionary whose values lie in another dictionary.
    inner = lambda *texts: pa.StructArray.from_arrays([pa.array(texts).dictionary_encode()], names=["x"])
    outer = lambda indices, texts: pa.DictionaryArray.from_arrays(pa.array(indices, pa.int8()), inner(*texts))
    write(folder, "nested-dictionary.arrows", [batch([("d", outer([1, 0], ["p", "q"]))]), batch([("d", outer([0, 1], ["r", "q"]))])])

    # As Arrow wrote before 0.15 and 1.0, with types of today: runs and unions have a buffer more.
    old = {"metadata_version": pa.ipc.MetadataVersion.V4, "use_legacy_format": True}
    runs = pa.RunEndEncodedArray.from_arrays(pa.array([1, 3], pa.int16()), pa.array([5, None]))
    write(folder, "old-form.arrow", [batch([("r", runs), ("n", pa.nulls(3)), ("i", pa.array([1, 2, None]))])], **old)
    write(folder, "old-form.arrows", [batch([("r", runs), ("n", pa.nulls(3)), ("i", pa.array([1, 2, None]))])], **old)

    write(folder, "empty.arrow", [batch([("a", pa.array([], pa.int64())), ("s", pa.array([], pa.string()))])])
    no_batch = os.path.join(folder, "no-batch.arrows")
    pa.ipc.new_stream(no_batch, pa.schema([("a", pa.int64()), ("s", pa.string())])).close()
    note(no_batch)

    # Polars has no length before the schema at the head of a file.
    import polars

    frame = polars.DataFrame({"a": [1, None], "s": ["p", "more than twelve bytes"]})
    path = os.path.join(folder, "polars.arrow")
    frame.with_columns(c=polars.Series(["q", "q"], dtype=polars.Categorical)).write_ipc(path)
    note(path)

    union = pa.UnionArray.from_sparse(pa.array([0, 1, 0], pa.int8()), [pa.array([1, 2, 3]), pa.array(["a", "b", "c"])])
    dense = pa.UnionArray.from_dense(pa.array([0, 1, 0], pa.int8()), pa.array([0, 0, 1], pa.int32()), [pa.array([1, 3]), pa.array(["b"])])
    odd = batch([
        ("id", pa.array([1, 2, 3])), ("u", union), ("v", dense), ("w", pa.array([pa.MonthDayNano([1, 2, 3])] * 3)),
        ("t", pa.array([1, None, 3], pa.time64("us"))), ("l", pa.ListArray.from_arrays(pa.array([0, 1, 2, 3], pa.int32()), union)),
        ("name", pa.array(["a", None, "c"])),
    ])
    for name, options in [("unread.arrow", {}), ("unread-v4.arrow", old)]:
        path = os.path.join(folder, name)
        with pa.ipc.new_file(path, odd.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
            writer.write_batch(odd)

    cells = lambda value, t: pa.array([value, None], t)
    number = decimal.Decimal
    in_dictionary = lambda array: pa.DictionaryArray.from_arrays(pa.array([0, None], pa.int8()), array)
    write(folder, "cells.arrow", [batch([
        ("price", in_dictionary(pa.array([number("150.00")], pa.decimal128(9, 2)))),
        ("thousands", in_dictionary(pa.array([number("12300")], pa.decimal128(5, -2)))),
        ("day", in_dictionary(pa.array([11356], pa.date32()))),
        ("fine", in_dictionary(pa.array([981173106789123456], pa.timestamp("ns", "UTC")))),
        ("ever", cells(253402300799000000, pa.timestamp("us"))),
        ("text", cells("\ufefftext", pa.string())), ("bytes", cells(b"\xff\x00", pa.binary_view())),
        ("runs", pa.RunEndEncodedArray.from_arrays(pa.array([1, 2], pa.int32()), cells(number("-1.50"), pa.decimal64(5, 2)))),
        ("members", cells({"a": 1, "__proto__": "p"}, pa.struct([("a", pa.int32()), ("__proto__", pa.string())]))),
        ("unsigned", cells(2**64 - 1, pa.uint64())),
        ("wide", cells(number("123456789012345678901234567890123456789.5"), pa.decimal256(40, 1))),
        ("uuid", pa.ExtensionArray.from_storage(pa.uuid(), cells(bytes.fromhex("00112233445566778899aabbccddeeff"), pa.binary(16)))),
        ("json", pa.ExtensionArray.from_storage(pa.json_(), cells('{"a": 2.50}', pa.string()))),
    ])])
    write(folder, "not-utf8.arrow", [batch([("s", text_array([b"a\xff\xfe", "\ufeff".encode()], pa.string()))])])
    maps = pa.array([[("k", 1)], [("k", 1), ("k", 2)]], pa.map_(pa.string(), pa.int64()))
    write(folder, "equal-keys.arrow", [batch([("m", maps)])])
    write(folder, "date-time.arrow", [batch([("d", pa.array([86_400_000, 86_400_001], pa.int64()).view(pa.date64()))])])

    small = batch([("a", pa.array([1, None, 3])), ("s", pa.array(["p", "q", None]).dictionary_encode())])
    for name in ("small.arrow", "small.arrows"):
        write(folder, name, [small, small])
    small = batch([("a", pa.array([1, None, 3] * 8)), ("s", pa.array(["p", "q", None] * 8))])
    write(folder, "small-lz4.arrows", [small], compression="lz4")


def fuzz(folder, seed, count):
    for i in range(seed, seed + count):
        rng = random.Random(i)
        rows = rng.choice([0, 1, 3, 9, 70])
        types = [nested(rng, rng.randrange(4)) for _ in range(rng.randrange(1, 6))]
        tables = []
        names = [f"c{k}" for k in range(len(types))]
        for _ in range(rng.randrange(1, 4)):
            # A batch that begins inside its arrays, as slices do.
            skipped = rng.choice([0, 0, 1])
            arrays = [values_of(t, rows + skipped, rng) for t in types]
            tables.append(pa.RecordBatch.from_arrays(arrays, names=names).slice(skipped))
        name = f"{i}.arrows"
        if rng.random() < 0.5 and not any("dictionary" in str(t) for t in types):
            name = f"{i}.arrow"
        write(folder, name, tables, compression=rng.choice([None, "lz4", "zstd"]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--note", action="store_true")
    given = parser.parse_args()
    if given.note:
        with pa.OSFile(given.folder, "rb") as source:
            opened = pa.ipc.open_file(source) if given.folder.endswith(".arrow") else pa.ipc.open_stream(source)
            opened.read_all().validate(full=True)
        note(given.folder)
    else:
        os.makedirs(given.folder, exist_ok=True)
        golden(given.folder) if given.seed is None else fuzz(given.folder, given.seed, given.count)
