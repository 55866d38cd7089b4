"""Cells between PyODPS' values and the neutral JSON form of ../../cells.ts."""

import calendar
import datetime
import decimal
import json
import math
import struct
import time

import pandas as pd
from odps import options, types
from odps.compat import Monthdelta

UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=UTC)
INTEGERS = (types.Tinyint, types.Smallint, types.Int)


def to_value(cell, kind):
    """The value a PyODPS program would put into a record."""
    if cell is None:
        return None
    if isinstance(kind, types.Bigint) or isinstance(kind, INTEGERS):
        return int(cell)
    if isinstance(kind, (types.Float, types.Double)):
        return float(cell)
    if isinstance(kind, types.Boolean):
        return cell
    if isinstance(kind, (types.String, types.Varchar, types.Char)):
        return bytes.fromhex(cell["bytesHex"]) if isinstance(cell, dict) else cell
    if isinstance(kind, types.Binary):
        return bytes.fromhex(cell)
    if isinstance(kind, types.Decimal):
        return decimal.Decimal(cell)
    if isinstance(kind, types.Datetime):
        return datetime_of(cell)
    if isinstance(kind, types.Date):
        return datetime.date.fromisoformat(cell["iso"])
    if isinstance(kind, types.Timestamp):
        return timestamp_of(cell, aware=True)
    if isinstance(kind, types.TimestampNTZ):
        return timestamp_of(cell, aware=False)
    if isinstance(kind, types.IntervalDayTime):
        return pd.Timedelta(int(cell["seconds"]) * 10**9 + cell["nanos"], unit="ns")
    if isinstance(kind, types.IntervalYearMonth):
        return Monthdelta(cell["months"])
    if isinstance(kind, types.Json):
        return json.loads(cell)
    if isinstance(kind, types.Array):
        return [to_value(item, kind.value_type) for item in cell]
    if isinstance(kind, types.Map):
        return {to_value(key, kind.key_type): to_value(value, kind.value_type) for key, value in cell}
    if isinstance(kind, types.Struct):
        return {name: to_value(cell[name], field) for name, field in kind.field_types.items()}
    if isinstance(kind, types.Vector):
        return [float(item) for item in cell]
    raise ValueError("no cell form for " + str(kind))


def datetime_of(cell):
    """Wall-clock time of the process' zone where no other is set, as most programs write it; else with its zone."""
    moment = EPOCH + datetime.timedelta(milliseconds=cell["ms"])
    if options.local_timezone is True or options.local_timezone is None:
        return moment.astimezone().replace(tzinfo=None)
    return moment


def timestamp_of(cell, aware):
    nanos = int(cell["seconds"]) * 10**9 + cell["nanos"]
    moment = pd.Timestamp(nanos, unit="ns")
    return moment.tz_localize("UTC") if aware else moment


def to_cell(value, kind):
    if value is None:
        return None
    if isinstance(kind, types.Bigint):
        return str(value)
    if isinstance(kind, INTEGERS):
        return int(value)
    if isinstance(kind, (types.Float, types.Double)):
        return float_cell(value, isinstance(kind, types.Float))
    if isinstance(kind, types.Boolean):
        return bool(value)
    if isinstance(kind, (types.String, types.Varchar, types.Char)):
        return text_cell(value)
    if isinstance(kind, types.Binary):
        return bytes(value).hex()
    if isinstance(kind, types.Decimal):
        return str(value)
    if isinstance(kind, types.Datetime):
        return {"ms": milliseconds_of(value)}
    if isinstance(kind, types.Date):
        return {"iso": value.isoformat()}
    if isinstance(kind, types.Timestamp):
        return timestamp_cell(value)
    if isinstance(kind, types.TimestampNTZ):
        return seconds_cell(value.as_unit("ns").value)
    if isinstance(kind, types.IntervalDayTime):
        return seconds_cell(value.as_unit("ns").value)
    if isinstance(kind, types.IntervalYearMonth):
        return {"months": value.total_months()}
    if isinstance(kind, types.Json):
        return json.dumps(value)
    if isinstance(kind, types.Array):
        return [to_cell(item, kind.value_type) for item in value]
    if isinstance(kind, types.Map):
        return [[to_cell(key, kind.key_type), to_cell(item, kind.value_type)] for key, item in value.items()]
    if isinstance(kind, types.Struct):
        names = list(kind.field_types)
        items = value.values() if isinstance(value, dict) else value
        return {name: to_cell(item, kind.field_types[name]) for name, item in zip(names, items)}
    if isinstance(kind, types.Vector):
        return [float(item) for item in value]
    raise ValueError("no cell form for " + str(kind))


def float_cell(value, is_float):
    value = float(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 and math.copysign(1, value) < 0:
        return "-0"
    return struct.unpack("<f", struct.pack("<f", value))[0] if is_float else value


def text_cell(value):
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return {"bytesHex": value.hex()}
    return value


def timestamp_cell(value):
    nanos = value.microsecond * 1000 + value.nanosecond
    whole = value.to_pydatetime(warn=False)
    return {"seconds": str(milliseconds_of(whole) // 1000), "nanos": nanos}


def milliseconds_of(value):
    """A value without a zone is in the process' own, as PyODPS gives them."""
    seconds = time.mktime(value.timetuple()) if value.tzinfo is None else calendar.timegm(value.utctimetuple())
    return int(seconds) * 1000 + value.microsecond // 1000


def seconds_cell(nanos):
    return {"seconds": str(nanos // 10**9), "nanos": nanos % 10**9}
