"""Files of random tables, written by others: pyarrow, DuckDB, pandas, Python's csv and json.

A writer returns None when it has no form for any column, else what it wrote: path, options for the command line, the columns
in it, and the rows as a reader that is not ours sees them.
"""
import base64
import csv
import io
import json
import math
import struct

import duckdb
import numpy
import pandas
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq

from canonical import NANOS, from_json, from_text, parse_json, table_cells
from tables import INTEGERS, arrow_array, has_text_not_utf8, times

TEXT = ('string', 'varchar')
NESTED = ('array', 'map', 'struct')
# No text of a random table is this: whether it stood in quotes, most readers do not tell.
NULL = 'NIL'


def written(path, reference, columns, rows, args=()):
    return {'path': path, 'reference': reference, 'columns': columns, 'rows': rows, 'args': list(args)}


def arrow_table(random, columns, rows):
    arrays = [arrow_array(random, [row[i] for row in rows], column['type']) for i, column in enumerate(columns)]
    return pa.Table.from_arrays(arrays, names=[column['name'] for column in columns])


def with_dictionaries(random, table):
    """Some columns as dictionaries, which every reader has to take apart again."""
    for i, field in enumerate(table.schema):
        kinds = pa.types
        can = not (kinds.is_nested(field.type) or kinds.is_boolean(field.type) or kinds.is_large_string(field.type))
        if can and random.random() < 0.2:
            table = table.set_column(i, field.name, table.column(i).dictionary_encode())
    return table


# Parquet and Arrow

ENCODINGS = {
    'integer': ['DELTA_BINARY_PACKED', 'BYTE_STREAM_SPLIT', 'PLAIN'],
    'text': ['DELTA_LENGTH_BYTE_ARRAY', 'DELTA_BYTE_ARRAY', 'PLAIN'],
    'float': ['BYTE_STREAM_SPLIT', 'PLAIN'],
}


def encodings(random, table):
    chosen = {}
    for field in table.schema:
        kinds = pa.types
        family = None
        if kinds.is_integer(field.type) and field.type.bit_width >= 32:
            family = 'integer'
        elif kinds.is_string(field.type) or kinds.is_binary(field.type):
            family = 'text'
        elif kinds.is_floating(field.type):
            family = 'float'
        if family and random.random() < 0.7:
            chosen[field.name] = random.choice(ENCODINGS[family])
    return chosen


def parquet_pyarrow(random, path, columns, rows):
    table = with_dictionaries(random, arrow_table(random, columns, rows))
    use_dictionary = random.random() < 0.5
    options = {
        'compression': random.choice(['none', 'snappy', 'gzip', 'zstd', 'lz4', 'brotli']),
        'data_page_version': random.choice(['1.0', '2.0']),
        'use_dictionary': use_dictionary,
        'use_compliant_nested_type': random.random() < 0.7,
        'store_decimal_as_integer': random.random() < 0.3,
        'row_group_size': random.choice([1, 7, 1000]),
        'data_page_size': random.choice([1, 100, 2**20]),
        'write_page_checksum': random.random() < 0.3,
        'write_statistics': random.random() < 0.5,
    }
    if not use_dictionary:
        options['column_encoding'] = encodings(random, table)
    fine = [t for i, column in enumerate(columns) for row in rows for t in times(row[i], column['type'])]
    if all(-(2**63) < t < 2**63 for t in fine) and random.random() < 0.15:
        options['use_deprecated_int96_timestamps'] = True
    pq.write_table(table, path, **options)
    try:
        found = pq.read_table(path)
        # Of some files pyarrow 26 reads no row, though it wrote their rows and their metadata has them.
        if found.num_rows != len(rows):
            return None
        return written(path, 'pyarrow', columns, table_cells(found, columns))
    except (pa.ArrowInvalid, OSError):
        # pyarrow 26 writes some pages without any value that it cannot read itself.
        return None


def parquet_duckdb(random, path, columns, rows):
    kept = keep(columns, rows, not_far_off, lambda kind, cells: not bad_text(kind, cells))
    if kept is None:
        return None
    columns, rows = kept
    table = arrow_table(random, columns, rows)
    options = f"FORMAT parquet, COMPRESSION {random.choice(['snappy', 'zstd', 'gzip', 'uncompressed', 'lz4_raw'])}"
    options += f", PARQUET_VERSION {random.choice(['v1', 'v2'])}, ROW_GROUP_SIZE {random.choice([1, 2048, 100000])}"
    if not copy(table, path, options):
        return None
    return written(path, 'DuckDB', columns, table_cells(parquet_by_duckdb(path), columns))


def arrow_pyarrow(random, path, columns, rows):
    table = with_dictionaries(random, arrow_table(random, columns, rows))
    options = pyarrow.ipc.IpcWriteOptions(compression=random.choice([None, 'lz4', 'zstd']))
    is_file = random.random() < 0.5
    path += '.arrow' if is_file else '.arrows'
    table = table.unify_dictionaries()
    opened = pyarrow.ipc.new_file if is_file else pyarrow.ipc.new_stream
    with opened(path, table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=random.choice([1, 7, 1000]))
    reader = pyarrow.ipc.open_file(path) if is_file else pyarrow.ipc.open_stream(path)
    return written(path, 'pyarrow', columns, table_cells(reader.read_all(), columns))


def feather_pandas(random, path, columns, rows):
    kept = keep(columns, rows, lambda kind: kind['name'] not in NESTED)
    if kept is None:
        return None
    columns, rows = kept
    frame = arrow_table(random, columns, rows).to_pandas(types_mapper=pandas.ArrowDtype)
    path += '.feather'
    frame.to_feather(path)
    return written(path, 'pandas', columns, table_cells(pyarrow.ipc.open_file(path).read_all(), columns))


# Text

def csv_python(random, path, columns, rows):
    kept = keep(columns, rows, None, lambda kind, cells: kind['name'] in TEXT or not bad_text(kind, cells))
    if kept is None:
        return None
    columns, rows = kept
    delimiter = random.choice([',', ';', '\t', '|'])
    line_end = random.choice(['\n', '\r\n'])
    quoting = random.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=line_end, quoting=quoting)
    lines = [[NULL if c is None else to_text(c, k['type']) for c, k in zip(row, columns)] for row in rows]
    writer.writerow([column['name'] for column in columns])
    for line in lines:
        writer.writerow(line)
    text = out.getvalue()
    if quoting == csv.QUOTE_ALL:
        text = text.replace(f'"{NULL}"', NULL)
    path += '.csv'
    with open(path, 'wb') as file:
        file.write(text.encode('utf-8', 'surrogateescape'))
    args = ['--delimiter', delimiter, '--null', NULL, *(['--record-delimiter', '\\r\\n'] if line_end == '\r\n' else [])]
    return written_csv(path, "Python's csv", columns, delimiter, args)


def csv_pandas(random, path, columns, rows):
    kept = keep(columns, rows, lambda kind: kind['name'] in (*INTEGERS, 'double', 'string', 'decimal', 'datetime'), plain)
    if kept is None:
        return None
    columns, rows = kept
    frame = arrow_table(random, columns, rows).to_pandas(types_mapper=pandas.ArrowDtype)
    path += '.csv'
    frame.to_csv(path, index=False, na_rep=NULL)
    return written_csv(path, 'pandas', columns)


def csv_duckdb(random, path, columns, rows):
    kept = keep(columns, rows, lambda kind: kind['name'] not in (*NESTED, 'binary', 'float') and not_far_off(kind), plain)
    if kept is None:
        return None
    columns, rows = kept
    path += '.csv'
    if not copy(arrow_table(random, columns, rows), path, f"FORMAT csv, HEADER, NULLSTR '{NULL}'"):
        return None
    return written_csv(path, 'DuckDB', columns)


def written_csv(path, reference, columns, delimiter=',', args=('--null', NULL)):
    try:
        return written(path, reference, columns, read_csv(path, columns, delimiter), args)
    except (csv.Error, ValueError):
        # CR without quotes: writers take it for text, and Python's reader for the end of a record.
        return None


def ndjson_python(random, path, columns, rows):
    kept = keep(columns, rows, None, lambda kind, cells: not bad_text(kind, cells))
    if kept is None:
        return None
    columns, rows = kept
    names = [column['name'] for column in columns]
    is_list = random.random() < 0.3
    records = []
    for row in rows:
        cells = [f'{json.dumps(n)}:{to_json(random, c, k["type"])}' for n, c, k in zip(names, row, columns)]
        random.shuffle(cells)
        records.append('{' + random.choice([',', ' , ']).join(cells) + '}')
    path += '.json' if is_list else '.ndjson'
    with open(path, 'w', encoding='utf-8', newline='') as file:
        file.write('[' + ',\n'.join(records) + ']' if is_list else ''.join(record + '\n' for record in records))
    return written(path, "Python's json", columns, rows)


def ndjson_pandas(random, path, columns, rows):
    kept = keep(columns, rows, lambda kind: kind['name'] in (*INTEGERS, 'double', 'string', 'boolean'), plain)
    if kept is None:
        return None
    columns, rows = kept
    frame = arrow_table(random, columns, rows).to_pandas(types_mapper=pandas.ArrowDtype)
    path += '.ndjson'
    frame.to_json(path, orient='records', lines=True, double_precision=15)
    return written(path, 'pandas', columns, read_ndjson(path, columns))


def ndjson_duckdb(random, path, columns, rows):
    kept = keep(columns, rows, lambda kind: not_far_off(kind) and not holds(kind, 'binary', 'float'), plain)
    if kept is None:
        return None
    columns, rows = kept
    path += '.ndjson'
    if not copy(arrow_table(random, columns, rows), path, 'FORMAT json'):
        return None
    return written(path, 'DuckDB', columns, read_ndjson(path, columns))


WRITERS = [
    parquet_pyarrow,
    parquet_pyarrow,
    parquet_pyarrow,
    parquet_duckdb,
    arrow_pyarrow,
    arrow_pyarrow,
    feather_pandas,
    csv_python,
    csv_python,
    csv_pandas,
    csv_duckdb,
    ndjson_python,
    ndjson_python,
    ndjson_pandas,
    ndjson_duckdb,
]


# What a writer can hold

def keep(columns, rows, takes_type, takes_cells=None):
    """The columns that a writer takes, or None."""
    kept = [
        i
        for i, column in enumerate(columns)
        if (takes_type is None or takes_type(column['type']))
        and (takes_cells is None or takes_cells(column['type'], [row[i] for row in rows]))
    ]
    return ([columns[i] for i in kept], [[row[i] for i in kept] for row in rows]) if kept else None


def bad_text(kind, cells):
    return any(has_text_not_utf8(cell, kind) for cell in cells)


def plain(kind, cells):
    """Text in UTF-8 and finite numbers: the words that others write for the rest differ."""
    return not bad_text(kind, cells) and not (holds(kind, 'double', 'float') and any(not finite(c, kind) for c in cells))


def finite(cell, kind):
    if cell is None:
        return True
    name = kind['name']
    if name in ('double', 'float'):
        return cell != 'nan' and math.isfinite(number(cell, kind))
    if name == 'array':
        return all(finite(each, kind['element']) for each in cell)
    if name == 'map':
        return all(finite(value, kind['value']) for _, value in cell)
    if name == 'struct':
        return all(finite(each, field['type']) for each, field in zip(cell, kind['fields']))
    return True


def holds(kind, *names):
    if kind['name'] in names:
        return True
    inner = [kind[key] for key in ('element', 'key', 'value') if key in kind]
    return any(holds(each, *names) for each in inner + [field['type'] for field in kind.get('fields', [])])


def not_far_off(kind):
    """DuckDB has no zoned nanoseconds, and no struct without case."""
    return not holds(kind, 'timestamp', 'timestamp_ntz', 'map')


def parquet_by_duckdb(path):
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.sql(f"SELECT * FROM read_parquet('{path}')").to_arrow_table()


def copy(table, path, options):
    """Whether DuckDB could: it has no decimals of 256 bits."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        try:
            connection.register('t', table)
            connection.execute(f"COPY t TO '{path}' ({options})")
            return True
        except duckdb.NotImplementedException:
            return False


# Cells as text

def number(bits, kind):
    if bits == 'nan':
        return math.nan
    form = '>f' if kind['name'] == 'float' else '>d'
    return struct.unpack(form, bytes.fromhex(bits))[0]


def decimal_text(digits, scale):
    if scale == 0:
        return digits
    sign, digits = ('-', digits[1:]) if digits.startswith('-') else ('', digits)
    digits = digits.rjust(scale + 1, '0')
    return f'{sign}{digits[:-scale]}.{digits[-scale:]}'


def date_text(days):
    return str(numpy.datetime64(days, 'D'))


def time_text(nanos, zone):
    seconds, rest = divmod(nanos, 10**9)
    days, of_day = divmod(seconds, 86400)
    clock = f'{of_day // 3600:02}:{of_day // 60 % 60:02}:{of_day % 60:02}'
    fraction = f'.{rest:09}'.rstrip('0').rstrip('.') if rest else ''
    return f'{date_text(days)}T{clock}{fraction}{zone}'


def to_text(cell, kind):
    name = kind['name']
    if name in TEXT:
        return bytes.fromhex(cell).decode('utf-8', 'surrogateescape')
    if name == 'binary':
        return base64.b64encode(bytes.fromhex(cell)).decode()
    if name == 'decimal':
        return decimal_text(cell, kind['scale'])
    if name in ('float', 'double'):
        found = number(cell, kind)
        if not math.isfinite(found):
            return 'NaN' if found != found else 'Infinity' if found > 0 else '-Infinity'
        return str(numpy.float32(found)) if name == 'float' else repr(found)
    if name == 'date':
        return date_text(int(cell))
    if name == 'datetime':
        return time_text(int(cell) * 10**6, 'Z')
    if name in ('timestamp', 'timestamp_ntz'):
        return time_text(int(cell), 'Z' if name == 'timestamp' else '')
    if name in NESTED:
        return to_json(None, cell, kind)
    return cell


def to_json(random, cell, kind):
    """JSON text of a cell; numbers as numbers, text with or without escapes."""
    if cell is None:
        return 'null'
    name = kind['name']
    if name == 'array':
        return '[' + ', '.join(to_json(random, each, kind['element']) for each in cell) + ']'
    if name == 'map':
        pairs = [(json.dumps(to_text(k, kind['key'])), to_json(random, v, kind['value'])) for k, v in cell]
        return '{' + ','.join(f'{k}:{v}' for k, v in pairs) + '}'
    if name == 'struct':
        members = [(json.dumps(f['name']), to_json(random, c, f['type'])) for c, f in zip(cell, kind['fields'])]
        return '{' + ','.join(f'{k}: {v}' for k, v in members) + '}'
    text = to_text(cell, kind)
    is_bare = name in (*INTEGERS, 'boolean', 'decimal') or (name in ('float', 'double') and finite(cell, kind))
    return text if is_bare else json.dumps(text, ensure_ascii=random is None or random.random() < 0.5)


# Text as others read it

def read_csv(path, columns, delimiter=','):
    with open(path, encoding='utf-8', errors='surrogateescape', newline='') as file:
        records = list(csv.reader(file, delimiter=delimiter, strict=True))
    assert records[0] == [column['name'] for column in columns], records[0]
    # A line without anything is a record of one empty field.
    return [
        [None if text == NULL else from_text(text, column['type']) for text, column in zip(record or [''], columns, strict=True)]
        for record in records[1:]
    ]


def read_ndjson(path, columns):
    with open(path, encoding='utf-8', newline='\n') as file:
        return [json_row(line, columns) for line in file if line.strip()]


def json_row(text, columns):
    record = parse_json(text) if isinstance(text, str) else text
    members = dict(record)
    assert len(members) == len(record) and set(members) <= {column['name'] for column in columns}, list(members)
    return [from_json(members.get(column['name']), column['type']) for column in columns]
