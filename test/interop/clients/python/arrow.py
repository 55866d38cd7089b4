"""Cells between pyarrow's arrays and the neutral JSON form of ../../cells.ts; times by their counts, which lose nothing."""

import datetime
import decimal
import struct

import pyarrow as pa
from odps import types
from odps.tunnel.io.types import odps_type_to_arrow_type

NANOS = 10**9


DAY_MS = 24 * 60 * 60 * 1000


def layout_of(text):
    """What the Java and Go SDKs have for a type; pyarrow cannot make intervals, so they are integers of their width."""
    kind = types.validate_data_type(text)
    if isinstance(kind, types.Decimal):
        return pa.decimal128(kind.precision or 38, 18 if kind.precision is None else kind.scale or 0)
    if isinstance(kind, types.IntervalDayTime):
        return pa.int64()
    if isinstance(kind, types.IntervalYearMonth):
        return pa.int32()
    if isinstance(kind, types.Json):
        return pa.string()
    return odps_type_to_arrow_type(kind)


def to_array(cells, kind):
    return pa.array([to_value(cell, kind) for cell in cells], kind)


def to_value(cell, kind):
    """What pa.array takes for a cell."""
    if cell is None:
        return None
    if pa.types.is_integer(kind):
        return interval_of(cell) if isinstance(cell, dict) else int(cell)
    if pa.types.is_floating(kind):
        return float(cell)
    if pa.types.is_binary(kind):
        return bytes.fromhex(cell)
    if pa.types.is_decimal(kind):
        return decimal.Decimal(cell)
    if pa.types.is_date32(kind):
        return datetime.date.fromisoformat(cell["iso"])
    if pa.types.is_timestamp(kind):
        return cell["ms"] if "ms" in cell else int(cell["seconds"]) * NANOS + cell["nanos"]
    if pa.types.is_map(kind):
        return [(to_value(key, kind.key_type), to_value(value, kind.item_type)) for key, value in cell]
    if pa.types.is_list(kind):
        return [to_value(item, kind.value_type) for item in cell]
    if pa.types.is_struct(kind):
        if "seconds" in cell:
            return {"sec": int(cell["seconds"]), "nano": cell["nanos"]}
        return {field.name: to_value(cell[field.name], field.type) for field in kind}
    return cell


def interval_of(cell):
    """Months, or days and milliseconds in the halves of 64 bits."""
    if "months" in cell:
        return cell["months"]
    milliseconds = int(cell["seconds"]) * 1000 + cell["nanos"] // 10**6
    days, rest = divmod(milliseconds, DAY_MS)
    return int.from_bytes(struct.pack("<ii", days, rest), "little", signed=True)


def to_cells(array):
    if isinstance(array, pa.ChunkedArray):
        return [cell for chunk in array.chunks for cell in to_cells(chunk)]
    return [to_cell(scalar) for scalar in array]


def interval_cells(array):
    """Of the integers that stand for intervals; see layout_of."""
    return [None if value is None else interval_cell(value, array.type) for value in array.to_pylist()]


def interval_cell(value, kind):
    if pa.types.is_int32(kind):
        return {"months": value}
    days, rest = struct.unpack("<ii", value.to_bytes(8, "little", signed=True))
    milliseconds = days * DAY_MS + rest
    return moment(milliseconds // 1000, milliseconds % 1000 * 10**6)


def to_cell(scalar):
    kind = scalar.type
    if not scalar.is_valid:
        return None
    if pa.types.is_int64(kind):
        return str(scalar.as_py())
    if pa.types.is_floating(kind):
        return float_cell(scalar.as_py())
    if pa.types.is_binary(kind):
        return scalar.as_py().hex()
    if pa.types.is_decimal(kind):
        return str(scalar.as_py())
    if pa.types.is_date32(kind):
        return {"iso": scalar.as_py().isoformat()}
    if pa.types.is_date64(kind):
        return {"ms": scalar.value}
    if pa.types.is_timestamp(kind):
        if kind.unit == "ms":
            return {"ms": scalar.value}
        return moment(*divmod(scalar.value, NANOS))
    if pa.types.is_map(kind):
        return [[to_cell(pair["key"]), to_cell(pair["value"])] for pair in entries(scalar.values)]
    if pa.types.is_list(kind):
        return to_cells(scalar.values)
    if pa.types.is_struct(kind):
        if [field.name for field in kind] == ["sec", "nano"]:
            return moment(scalar["sec"].as_py(), scalar["nano"].as_py())
        return {field.name: to_cell(scalar[field.name]) for field in kind}
    return scalar.as_py()


def entries(pairs):
    keys, values = pairs.flatten()
    return [{"key": keys[i], "value": values[i]} for i in range(len(keys))]


def moment(seconds, nanos):
    return {"seconds": str(seconds), "nanos": nanos}


def float_cell(value):
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    return "-0" if value == 0 and str(value).startswith("-") else value


def rows_of(table, intervals=()):
    """`intervals` names the columns whose integers stand for intervals."""
    columns = [
        (interval_cells if name in intervals else to_cells)(table.column(index))
        for index, name in enumerate(table.schema.names)
    ]
    return [list(row) for row in zip(*columns)]
