"""Random tables, made of cells in the form of canonical.py, and the Arrow arrays of them.

A column's type is {'name': …} with what belongs to it: precision and scale, length, element, key and value, fields. The
arrays are made of integers and bytes, so that no convenient object of Python stands between a cell and its file.
"""
import struct
from decimal import Decimal

import pyarrow as pa

from canonical import NANOS, double_bits, float_bits

SCALARS = (
    'tinyint smallint int bigint float double boolean decimal string varchar binary date datetime timestamp timestamp_ntz'
).split()
KEYS = 'string bigint int decimal date binary timestamp_ntz datetime'.split()
INTEGERS = {'tinyint': 8, 'smallint': 16, 'int': 32, 'bigint': 64}
NAMES = ['id', '__proto__', 'constructor', '分区', 'to_string', 'order', 'value', 'key', 'item', 'list', 'element', 'length']

DAY = 86400
FIRST_DAY, LAST_DAY = -719162, 2932896  # 0001-01-01, 9999-12-31


def random_type(random, depth, name=None):
    name = name or random.choice(SCALARS + (['array', 'map', 'struct'] * 2 if depth > 0 else []))
    if name == 'decimal':
        precision = random.choice([1, 4, 9, 10, 18, 19, 28, 38])
        return {'name': name, 'precision': precision, 'scale': random.randint(0, min(precision, 18))}
    if name == 'varchar':
        return {'name': name, 'length': random.choice([1, 10, 300])}
    if name == 'array':
        return {'name': name, 'element': random_type(random, depth - 1)}
    if name == 'map':
        return {
            'name': name,
            'key': random_type(random, 0, random.choice(KEYS)),
            'value': random_type(random, depth - 1),
        }
    if name == 'struct':
        names = random.sample(NAMES, random.randint(1, 4))
        return {'name': name, 'fields': [{'name': n, 'type': random_type(random, depth - 1)} for n in names]}
    return {'name': name}


def text_of(kind):
    """The type as MaxCompute writes it."""
    name = kind['name']
    if name == 'decimal':
        return f'decimal({kind["precision"]},{kind["scale"]})'
    if name == 'varchar':
        return f'varchar({kind["length"]})'
    if name == 'array':
        return f'array<{text_of(kind["element"])}>'
    if name == 'map':
        return f'map<{text_of(kind["key"])},{text_of(kind["value"])}>'
    if name == 'struct':
        fields = ','.join(f'`{field["name"]}`:{text_of(field["type"])}' for field in kind['fields'])
        return f'struct<{fields}>'
    return name


class Odds:
    """What a table may hold: a run without odd values shows that usual ones are never refused."""

    def __init__(self, random):
        self.not_utf8 = random.random() < 0.15
        self.equal_keys = random.random() < 0.15
        self.far_times = random.random() < 0.4
        self.many_nulls = random.choice([0.0, 0.1, 0.5, 0.95])


WORDS = ['', ' ', 'a', 'NULL', 'null', '\\N', 'é', '日本', '😀', '\ufeffx', '\ufffd', 'a,b', 'a"b', '"', "it's", 'a\nb', 'a\r\nb', '\r']
WORDS += ['\t', ' lead', 'trail ', '  two  ', '0', '-0', '1.0', '1e5', 'true', '{"a":1}', '[1]', '\x00', '\x1b[31m', '\u202e', '\u2028']
BAD_BYTES = [b'\xff', b'a\xc3', b'\xed\xa0\x80', b'\xc0\x80', b'ok\x80ok', b'\xf4\x90\x80\x80']
DOUBLES = [0.0, -0.0, 1.0, -1.5, 0.1, 1e-7, 1e21, 5e-324, 1.7976931348623157e308, float('nan'), float('inf'), float('-inf')]


def cell(random, kind, odds):
    return None if random.random() < odds.many_nulls else value(random, kind, odds)


def value(random, kind, odds):
    name = kind['name']
    if name in INTEGERS:
        bits = INTEGERS[name]
        low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
        # The service's own clients do not take the least BIGINT.
        return str(random.choice([low + (bits == 64), high, 0, -1, 1, random.randint(low + 1, high), random.randint(-100, 100)]))
    if name == 'float':
        return float_bits(struct.unpack('>f', struct.pack('>f', _float(random)))[0])
    if name == 'double':
        return double_bits(_float(random) if random.random() < 0.5 else random.uniform(-1e6, 1e6))
    if name == 'boolean':
        return random.choice(['true', 'false'])
    if name == 'decimal':
        digits = random.randint(1, kind['precision'])
        return str(random.choice([0, 1, -1, 10**digits - 1, -(10**digits) + 1, random.randint(0, 10**digits - 1)]))
    if name in ('string', 'varchar'):
        return _text(random, kind, odds)
    if name == 'binary':
        return random.choice([b'', b'\x00', b'\xff\xfe', bytes(random.randrange(256) for _ in range(random.randint(0, 20)))]).hex()
    if name == 'date':
        return str(random.choice([FIRST_DAY, LAST_DAY, 0, -1, random.randint(FIRST_DAY, LAST_DAY), random.randint(0, 20000)]))
    if name in ('datetime', 'timestamp', 'timestamp_ntz'):
        return _time(random, name, odds)
    if name == 'array':
        return [cell(random, kind['element'], odds) for _ in range(_length(random))]
    if name == 'map':
        return _map(random, kind, odds)
    return [cell(random, field['type'], odds) for field in kind['fields']]


def _float(random):
    if random.random() < 0.5:
        found = random.choice(DOUBLES)
        return found if found != found or abs(found) in (float('inf'), 0.0) or 1e-30 < abs(found) < 1e30 else 1.0
    return random.uniform(-1e6, 1e6)


def _text(random, kind, odds):
    if odds.not_utf8 and random.random() < 0.3:
        found = random.choice(BAD_BYTES)
        return found.hex() if kind['name'] == 'string' else found[:1].hex()
    text = random.choice(WORDS) if random.random() < 0.6 else ''.join(random.choice('abcé日😀 ') for _ in range(random.randint(0, 30)))
    return text[: kind.get('length', 1000)].encode().hex()


def _length(random):
    return random.choice([0, 0, 1, 2, 3, 7])


def _map(random, kind, odds):
    pairs = []
    for _ in range(_length(random)):
        key = value(random, kind['key'], odds)
        if odds.equal_keys or all(key != other for other, _ in pairs):
            pairs.append([key, cell(random, kind['value'], odds)])
    return pairs


def _time(random, name, odds):
    far = [FIRST_DAY, LAST_DAY, LAST_DAY - 1, -100000] if odds.far_times else [0, 10000]
    seconds = random.choice([random.choice(far) * DAY, random.randint(0, 2**31), random.randint(-(2**31), 2**31), 0, -1])
    if name == 'datetime':
        return str(seconds * 1000 + random.choice([0, 1, 999, random.randint(0, 999)]))
    # Nanoseconds only where 64 bits of them reach: no column of a file has both.
    fine = [1, 999_999_999, random.randint(0, 999_999_999)]
    nanos = random.choice([0, 1000, 999_999_000] + ([] if odds.far_times else fine))
    return str(seconds * 10**9 + nanos)


def has_equal_keys(cell, kind):
    if cell is None:
        return False
    name = kind['name']
    if name == 'array':
        return any(has_equal_keys(each, kind['element']) for each in cell)
    if name == 'struct':
        return any(has_equal_keys(each, field['type']) for each, field in zip(cell, kind['fields']))
    if name != 'map':
        return False
    keys = [key for key, _ in cell]
    return len(set(keys)) < len(keys) or any(has_equal_keys(v, kind['value']) for _, v in cell)


def has_text_not_utf8(cell, kind):
    if cell is None:
        return False
    name = kind['name']
    if name == 'array':
        return any(has_text_not_utf8(each, kind['element']) for each in cell)
    if name == 'struct':
        return any(has_text_not_utf8(each, field['type']) for each, field in zip(cell, kind['fields']))
    if name == 'map':
        return any(has_text_not_utf8(k, kind['key']) or has_text_not_utf8(v, kind['value']) for k, v in cell)
    if name not in ('string', 'varchar'):
        return False
    try:
        bytes.fromhex(cell).decode()
        return False
    except UnicodeDecodeError:
        return True


def times(cell, kind):
    """All times in a cell, in nanoseconds."""
    if cell is None:
        return []
    name = kind['name']
    if name in ('timestamp', 'timestamp_ntz'):
        return [int(cell)]
    if name == 'datetime':
        return [int(cell) * 10**6]
    if name == 'array':
        return [t for each in cell for t in times(each, kind['element'])]
    if name == 'map':
        return [t for k, v in cell for t in times(k, kind['key']) + times(v, kind['value'])]
    if name == 'struct':
        return [t for each, field in zip(cell, kind['fields']) for t in times(each, field['type'])]
    return []


def arrow_array(random, cells, kind):
    """An Arrow array of cells, of one of the Arrow types that hold them all."""
    name = kind['name']
    if name == 'array':
        return _list_array(random, cells, kind)
    if name == 'map':
        offsets, pairs = _flatten(cells)
        keys = arrow_array(random, [key for key, _ in pairs], kind['key'])
        items = arrow_array(random, [item for _, item in pairs], kind['value'])
        return pa.MapArray.from_arrays(pa.array(offsets, pa.int32()), keys, items)
    if name == 'struct':
        columns = [
            arrow_array(random, [None if row is None else row[i] for row in cells], field['type'])
            for i, field in enumerate(kind['fields'])
        ]
        mask = pa.array([row is None for row in cells], pa.bool_())
        return pa.StructArray.from_arrays(columns, names=[field['name'] for field in kind['fields']], mask=mask)
    if name in ('string', 'varchar'):
        return _text_array(random, cells)
    if name == 'binary':
        array = pa.array(_each(cells, bytes.fromhex), pa.binary())
        return array.cast(random.choice([pa.binary(), pa.binary(), pa.large_binary()]))
    if name == 'boolean':
        return pa.array(_each(cells, lambda c: c == 'true'), pa.bool_())
    if name == 'float':
        return pa.array(_each(cells, lambda c: _unpack(c, '>f', 8)), pa.float32())
    if name == 'double':
        return pa.array(_each(cells, lambda c: _unpack(c, '>d', 16)), pa.float64())
    if name == 'decimal':
        return _decimal_array(random, cells, kind)
    if name == 'date':
        return pa.array(_each(cells, int), pa.int32()).cast(pa.date32())
    if name == 'datetime':
        return pa.array(_each(cells, int), pa.int64()).cast(pa.timestamp('ms', tz='UTC'))
    if name in ('timestamp', 'timestamp_ntz'):
        return _timestamp_array(random, cells, 'UTC' if name == 'timestamp' else None)
    bits = INTEGERS[name]
    values = _each(cells, int)
    unsigned = all(v is None or v >= 0 for v in values) and random.random() < 0.2
    return pa.array(values, getattr(pa, f'{"uint" if unsigned else "int"}{bits}')())


def _each(cells, of):
    return [None if c is None else of(c) for c in cells]


def _unpack(bits, form, digits):
    return float('nan') if bits == 'nan' else struct.unpack(form, bytes.fromhex(bits[:digits]))[0]


def _flatten(cells):
    offsets, flat = [], []
    for each in cells:
        # NULL, where a list begins, makes it NULL.
        offsets.append(None if each is None else len(flat))
        flat.extend(each or [])
    return offsets + [len(flat)], flat


def _list_array(random, cells, kind):
    offsets, flat = _flatten(cells)
    values = arrow_array(random, flat, kind['element'])
    if random.random() < 0.2:
        return pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), values)
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values)


def _text_array(random, cells):
    array = pa.array(_each(cells, bytes.fromhex), pa.binary())
    form = random.random()
    if form < 0.2:
        return pa.array(_each(cells, bytes.fromhex), pa.large_binary()).view(pa.large_string())
    return array.view(pa.string())


def _decimal_array(random, cells, kind):
    precision, scale = kind['precision'], kind['scale']
    values = _each(cells, lambda c: Decimal(f'{c}E-{scale}'))
    widths = [pa.decimal128(precision, scale)] * 3 + [pa.decimal256(precision, scale)]
    return pa.array(values, random.choice(widths))


def _timestamp_array(random, cells, tz):
    counts = _each(cells, int)
    some = [c for c in counts if c is not None]
    units = [u for u in ('ns', 'us', 'ms', 's') if all(c % NANOS[u] == 0 and -(2**63) < c // NANOS[u] < 2**63 for c in some)]
    unit = random.choice(units)
    return pa.array([None if c is None else c // NANOS[unit] for c in counts], pa.int64()).cast(pa.timestamp(unit, tz=tz))
