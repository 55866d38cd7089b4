"""Prints what Python's csv reads in the files of vega-datasets: records, and a hash of each column.

python3 test/cli/golden/make-corpora.py > test/cli/golden/corpora.json
"""
import csv, glob, hashlib, json, os

here = os.path.dirname(os.path.abspath(__file__))
data = os.path.join(here, '../../../node_modules/vega-datasets/data')
found = {}
for path in sorted(glob.glob(os.path.join(data, '*.csv'))):
    if os.path.getsize(path) > 1_000_000:
        continue
    with open(path, newline='', encoding='utf-8-sig') as file:
        header, *rows = [row for row in csv.reader(file) if row]
    columns = [hashlib.sha256('\x1f'.join(row[i] for row in rows).encode()).hexdigest()[:16] for i in range(len(header))]
    found[os.path.basename(path)] = {'records': len(rows), 'columns': dict(zip(header, columns))}
print(json.dumps(found, indent=1))
