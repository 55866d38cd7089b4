"""Arrow IPC streams as pyarrow writes them, for uploads: python streams.py > streams.json (pyarrow 26).

Each has the columns of the table and the rows that pyarrow reads from it; bytes as hex, times as counts of their unit.
"""

import base64
import datetime
import decimal
import io
import json

import pyarrow as pa


def plain(value, type_):
    if value is None:
        return None
    if pa.types.is_dictionary(type_):
        return plain(value, type_.value_type)
    if pa.types.is_timestamp(type_):
        return str(pa.scalar(value, type_).value)
    if pa.types.is_date(type_):
        return (value - datetime.date(1970, 1, 1)).days
    if pa.types.is_integer(type_):
        return str(value) if type_.bit_width == 64 else value
    if isinstance(value, decimal.Decimal):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    if pa.types.is_map(type_):
        return [[plain(k, type_.key_type), plain(v, type_.item_type)] for k, v in value]
    if pa.types.is_struct(type_):
        return {f.name: plain(value[f.name], f.type) for f in type_}
    if isinstance(value, list):
        return [plain(v, type_.value_type) for v in value]
    return value


def stream(name, fields, columns, table, compression=None, slices=None, types=None):
    schema = pa.schema([pa.field(n, t) for n, t in fields])
    batch = pa.record_batch([pa.array(c, t) for c, (_, t) in zip(columns, fields)], schema=schema)
    batches = [batch] if slices is None else [batch.slice(a, n) for a, n in slices]
    sink = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with pa.ipc.new_stream(sink, schema, options=options) as writer:
        for each in batches:
            writer.write_batch(each)
    read = pa.ipc.open_stream(sink.getvalue()).read_all()
    rows = []
    for i in range(read.num_rows):
        row = []
        for n, t in fields:
            cell = read.column(n)[i]
            if pa.types.is_timestamp(t):
                row.append(None if not cell.is_valid else str(cell.value))
            else:
                row.append(plain(cell.as_py(), t))
        rows.append(row)
    return {
        "name": name,
        "table": table,
        "names": [n for n, _ in fields],
        "rows": rows,
        "base64": base64.b64encode(sink.getvalue()).decode(),
    }


numbers = [1, None, -3, 2**40]
texts = ["a", None, "Ωmega", "a text that is longer than twelve bytes"]
plainly = [("id", pa.int64()), ("name", pa.string())]
t = {"id": "bigint", "name": "string"}

every = [
    ("b", pa.bool_(), "boolean", [True, None, False]),
    ("i8", pa.int8(), "tinyint", [-128, None, 127]),
    ("i16", pa.int16(), "smallint", [-32768, None, 32767]),
    ("i32", pa.int32(), "int", [-(2**31), None, 2**31 - 1]),
    ("i64", pa.int64(), "bigint", [-(2**63) + 1, None, 2**63 - 1]),
    ("f32", pa.float32(), "float", [1.5, None, -0.25]),
    ("f64", pa.float64(), "double", [0.1, None, 5e-324]),
    ("s", pa.string(), "string", ["", None, "中文字"]),
    ("v", pa.string(), "varchar(20)", ["x", None, "🦆"]),
    ("bin", pa.binary(), "binary", [b"", None, b"\xff\x00"]),
    ("d", pa.date32(), "date", [datetime.date(1970, 1, 2), None, datetime.date(9999, 12, 31)]),
    ("ms", pa.timestamp("ms", "UTC"), "datetime", [datetime.datetime(2001, 2, 3, 4, 5, 6, 789000), None, datetime.datetime(1969, 12, 31)]),
    ("ns", pa.timestamp("ns"), "timestamp_ntz", [1, None, -1]),
    ("dec", pa.decimal128(38, 18), "decimal(38,18)", [decimal.Decimal("1.5"), None, decimal.Decimal("-99999999999999999999.000000000000000001")]),
    ("old", pa.decimal256(54, 18), "decimal", [decimal.Decimal("0.000000000000000001"), None, decimal.Decimal("-123456789012345678901234567890.5")]),
    ("l", pa.list_(pa.int32()), "array<int>", [[1, None, 3], None, []]),
    ("m", pa.map_(pa.string(), pa.int64()), "map<string,bigint>", [[("a", 1), ("b", None)], None, []]),
    ("st", pa.struct([("x", pa.int64()), ("y", pa.string())]), "struct<x:bigint,y:string>", [{"x": 1, "y": None}, None, {"x": None, "y": "z"}]),
]

out = [
    stream("plain", plainly, [numbers, texts], t),
    stream("lz4", plainly, [numbers, texts], t, compression="lz4"),
    stream("zstd", plainly, [numbers, texts], t, compression="zstd"),
    stream("slices", plainly, [numbers * 3, texts * 3], t, slices=[(1, 5), (7, 3), (11, 1)]),
    stream("dictionary", [("id", pa.int64()), ("name", pa.dictionary(pa.int8(), pa.string()))], [numbers, ["x", None, "y", "x"]], t),
    stream("large", [("id", pa.int64()), ("name", pa.large_string())], [numbers, texts], t),
    stream("view", [("id", pa.int64()), ("name", pa.string_view())], [numbers, texts], t),
    stream("other order, a column missing", [("NAME", pa.string()), ("id", pa.int64())], [texts, numbers], {"id": "bigint", "extra": "double", "name": "string"}),
    stream("every type", [(n, ty) for n, ty, _, _ in every], [c for _, _, _, c in every], {n: m for n, _, m, _ in every}),
    stream(
        "every large type",
        [("b", pa.large_binary()), ("l", pa.large_list(pa.large_string())), ("bv", pa.binary_view()), ("lv", pa.list_view(pa.int32()))],
        [[b"\x01", None, b""], [["a", None], None, []], [b"\xff" * 13, None, b"x"], [[1, 2], None, []]],
        {"b": "binary", "l": "array<string>", "bv": "binary", "lv": "array<int>"},
    ),
]
print(json.dumps(out, ensure_ascii=False, indent=1))
