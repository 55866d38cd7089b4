"""Cells in one exact form, which the other side makes of the table's rows too, so that two readers can be compared.

NULL is None; whole numbers, days, milliseconds, nanoseconds and unscaled decimals are their digits; a float is its bits in hex
('nan' for each NaN); text and bytes are hex; a boolean is 'true' or 'false'; ARRAY and STRUCT are lists, a MAP a list of pairs.
"""
import json
import re
import struct
from decimal import Decimal, localcontext

import pyarrow as pa

NANOS = {'s': 10**9, 'ms': 10**6, 'us': 10**3, 'ns': 1}


def double_bits(value):
    return 'nan' if value != value else struct.pack('>d', value).hex()


def float_bits(value):
    return 'nan' if value != value else struct.pack('>f', value).hex()


def scaled(value, scale):
    """The digits of a decimal at the column's scale; what does not fit it is told apart."""
    with localcontext() as context:
        context.prec = 100
        moved = value.scaleb(scale)
        return str(int(moved)) if moved == moved.to_integral_value() else f'{moved} beyond the scale'


def from_arrow(array, kind):
    """Cells of an Arrow array, by the MaxCompute type `kind` (see tables.py) of its column."""
    kinds = pa.types
    if kinds.is_dictionary(array.type):
        array = array.dictionary_decode()
    if kinds.is_run_end_encoded(array.type):
        array = array.run_end_decode()
    valid = array.is_valid().to_pylist()
    cells = _values(array, kind)
    return [cell if ok else None for cell, ok in zip(cells, valid)]


def _values(array, kind):
    name = kind['name']
    kinds = pa.types
    if name == 'array':
        return _lists(array, kind['element'])
    if name == 'map':
        keys = from_arrow(array.keys, kind['key'])
        items = from_arrow(array.items, kind['value'])
        return [[list(pair) for pair in zip(keys[a:b], items[a:b])] for a, b in _spans(array)]
    if name == 'struct':
        columns = [from_arrow(field, member['type']) for field, member in zip(array.flatten(), kind['fields'])]
        return [list(row) for row in zip(*columns)] if columns else [[] for _ in range(len(array))]
    if name in ('string', 'varchar', 'char', 'json', 'binary'):
        return _bytes(array)
    if name == 'boolean':
        return [None if v is None else str(v).lower() for v in array.to_pylist()]
    if name == 'float':
        return [None if v is None else float_bits(v) for v in array.to_pylist()]
    if name == 'double':
        return [None if v is None else double_bits(v) for v in array.to_pylist()]
    if name == 'decimal':
        if kinds.is_integer(array.type):
            return [None if v is None else str(v * 10 ** kind['scale']) for v in array.to_pylist()]
        return [None if v is None else scaled(v, kind['scale']) for v in array.to_pylist()]
    if name == 'date':
        if kinds.is_date64(array.type):
            array = array.cast(pa.date32())
        return _digits(array.view(pa.int32()))
    if name in ('datetime', 'timestamp', 'timestamp_ntz'):
        unit = NANOS[array.type.unit]
        counts = array.view(pa.int64()).to_pylist()
        divisor = 10**6 if name == 'datetime' else 1
        return [None if v is None else str(v * unit // divisor) for v in counts]
    return _digits(array)


def _digits(array):
    return [None if v is None else str(v) for v in array.to_pylist()]


def _bytes(array):
    kinds = pa.types
    if kinds.is_string(array.type):
        array = array.view(pa.binary())
    elif kinds.is_large_string(array.type):
        array = array.view(pa.large_binary())
    elif kinds.is_string_view(array.type):
        array = array.view(pa.binary_view())
    return [None if v is None else v.hex() for v in array.to_pylist()]


def _spans(array):
    """Begin and end of each list among all values."""
    kinds = pa.types
    if kinds.is_fixed_size_list(array.type):
        size = array.type.list_size
        first = array.offset
        return [((first + i) * size, (first + i + 1) * size) for i in range(len(array))]
    offsets = array.offsets.to_pylist()
    return list(zip(offsets, offsets[1:]))


def _lists(array, element):
    cells = from_arrow(array.values, element)
    return [cells[a:b] for a, b in _spans(array)]


def table_cells(table, columns):
    """Rows of cells of a pyarrow Table, its columns by name."""
    by_column = []
    for column in columns:
        chunks = table.column(column['name']).chunks
        by_column.append([cell for chunk in chunks for cell in from_arrow(chunk, column['type'])])
    return [list(row) for row in zip(*by_column)]


# Text, as the documentation of the command line has it.

_time = re.compile(r'^(-?\d{4,6}|[+-]\d{6})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d(?::?\d\d)?)?$')


def days_of(year, month, day):
    """Days since 1970 in the proleptic Gregorian calendar (the algorithm of civil dates)."""
    year -= month <= 2
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


def nanos_of_text(text):
    found = _time.match(text)
    if not found:
        raise ValueError(f'no time: {text!r}')
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    seconds = days_of(int(year), int(month), int(day)) * 86400
    seconds += int(hour or 0) * 3600 + int(minute or 0) * 60 + int(second or 0)
    if zone not in (None, 'Z'):
        digits = zone[1:].replace(':', '').ljust(4, '0')
        offset = int(digits[:2]) * 3600 + int(digits[2:]) * 60
        seconds -= offset if zone[0] == '+' else -offset
    return seconds * 10**9 + int((fraction or '0').ljust(9, '0'))


def from_text(text, kind):
    """The cell of a text that is not NULL."""
    name = kind['name']
    if name in ('string', 'varchar', 'char', 'json'):
        return text.encode('utf-8', 'surrogateescape').hex()
    if name == 'binary':
        import base64

        return base64.b64decode(text, validate=True).hex()
    if name == 'boolean':
        return {'true': 'true', 'false': 'false'}[text.lower()]
    if name == 'float':
        return float_bits(_float32(text))
    if name == 'double':
        return double_bits(float(text))
    if name == 'decimal':
        return scaled(Decimal(text), kind['scale'])
    if name == 'date':
        return str(nanos_of_text(text) // (86400 * 10**9))
    if name == 'datetime':
        return str(nanos_of_text(text) // 10**6)
    if name in ('timestamp', 'timestamp_ntz'):
        return str(nanos_of_text(text))
    if name in ('array', 'map', 'struct'):
        return from_json(parse_json(text), kind)
    return str(int(text))


def _float32(text):
    value = float(text)
    return value if value != value or value in (float('inf'), float('-inf')) else struct.unpack('>f', struct.pack('>f', value))[0]


class Number(str):
    """A JSON number, as it was written."""


class Pairs(list):
    """A JSON object as its pairs, so that equal keys are seen."""


def parse_json(text):
    return json.loads(text, parse_float=Number, parse_int=Number, parse_constant=_refuse, object_pairs_hook=Pairs)


def _refuse(word):
    raise ValueError(f'{word} is not JSON')


def from_json(value, kind):
    """The cell of a JSON value: numbers or text for scalars, arrays, objects; a MAP also as a list of pairs."""
    name = kind['name']
    if value is None and name != 'json':
        return None
    if name == 'json':
        raise ValueError('JSON columns are compared as text')
    if name == 'array':
        return [from_json(each, kind['element']) for each in value]
    if name == 'map':
        pairs = value if isinstance(value, Pairs) else [tuple(pair) for pair in value]
        return [[from_json(k, kind['key']), from_json(v, kind['value'])] for k, v in pairs]
    if name == 'struct':
        members = dict(value)
        if len(members) != len(value):
            raise ValueError('a field twice')
        return [from_json(members.get(field['name']), field['type']) for field in kind['fields']]
    if isinstance(value, bool):
        return from_text(str(value).lower(), kind)
    return from_text(str(value), kind)
