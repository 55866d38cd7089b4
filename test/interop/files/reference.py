"""The other side of files.test.ts: makes files, and reads ours. A line of JSON in for each job, a line out."""
import json
import os
import random as randoms
import sys

import pyarrow
import pyarrow.ipc
import pyarrow.parquet as pq

from canonical import parse_json, table_cells
from tables import Odds, cell, has_equal_keys, has_text_not_utf8, random_type, text_of
from writers import WRITERS, json_row, parquet_by_duckdb, read_csv, read_ndjson

FILES_OF_A_TABLE = 3


def make(seed, folder):
    random = randoms.Random(seed)
    odds = Odds(random)
    names = random.sample(['a', 'b1', 'c_2', 'd', 'e', 'f', 'g', 'h', '列', '__proto__', 'constructor', 'key'], random.randint(1, 7))
    columns = [{'name': name, 'type': random_type(random, 3)} for name in names]
    rows = [[cell(random, c['type'], odds) for c in columns] for _ in range(random.choice([0, 1, 3, 20, 60]))]
    files = []
    for writer in random.sample(WRITERS, len(WRITERS)):
        if len(files) == FILES_OF_A_TABLE:
            break
        path = os.path.join(folder, f'{len(files)}-{writer.__name__}')
        found = writer(random, path + ('.parquet' if 'parquet' in writer.__name__ else ''), columns, rows)
        if found is not None:
            files.append(described(found))
    return {'files': files}


def described(file):
    """With each column's type as MaxCompute writes it, and what is odd in it."""
    rows = file['rows']
    for i, column in enumerate(file['columns']):
        kind = column['type']
        column['text'] = text_of(kind)
        column['equalKeys'] = any(has_equal_keys(row[i], kind) for row in rows)
        column['notUtf8'] = any(has_text_not_utf8(row[i], kind) for row in rows)
    return file


def read(path, format, columns, by):
    if format == 'csv':
        return {'rows': read_csv(path, columns)}
    if format == 'ndjson':
        return {'rows': read_ndjson(path, columns)}
    if format == 'json':
        with open(path, encoding='utf-8') as file:
            return {'rows': [json_row(record, columns) for record in parse_json(file.read())]}
    if format == 'parquet':
        table = parquet_by_duckdb(path) if by == 'DuckDB' else pq.read_table(path)
    else:
        table = (pyarrow.ipc.open_file if format == 'arrow' else pyarrow.ipc.open_stream)(path).read_all()
    assert table.column_names == [column['name'] for column in columns], table.column_names
    return {'rows': table_cells(table, columns)}


def corpus():
    """The files that pyarrow's own tests read."""
    data = os.path.join(os.path.dirname(pyarrow.__file__), 'tests', 'data')
    found = [os.path.join(data, kind, name) for kind in ('parquet', 'feather') for name in os.listdir(os.path.join(data, kind))]
    return sorted(path for path in found if path.endswith(('.parquet', '.feather')))


def main():
    jobs = {'make': make, 'read': read, 'corpus': corpus}
    for line in sys.stdin:
        job = json.loads(line)
        op, number = job.pop('op'), job.pop('id')
        try:
            answer = {'id': number, 'value': jobs[op](**job)}
        except Exception as error:
            answer = {'id': number, 'error': {'kind': type(error).__name__, 'message': str(error)[:2000]}}
        print(json.dumps(answer), flush=True)


main()
