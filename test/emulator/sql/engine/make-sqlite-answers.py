"""Writes sqlite-answers.json: what SQLite answers to queries that mean the same in MaxCompute's SQL.

python3 make-sqlite-answers.py > sqlite-answers.json
"""
import json
import sqlite3

tables = {
    'orders': {
        'columns': [['id', 'bigint'], ['customer', 'string'], ['units', 'bigint'], ['price', 'double']],
        'rows': [
            [1, 'ann', 3, 2.5], [2, 'bob', None, 1.25], [3, 'ann', 7, 4.0], [4, None, 2, 8.5], [5, 'cid', 7, None],
            [6, 'bob', 1, 0.5], [7, 'Ann', 0, 16.0], [8, 'dora', 9007199254740993, 2.0],
        ],
    },
    'customers': {
        'columns': [['name', 'string'], ['region', 'string']],
        'rows': [['ann', 'north'], ['bob', 'south'], ['cid', 'north'], ['eve', None]],
    },
}

queries = [
    'select id + 1 as next, units * 2 as twice from orders where units > 2 order by id',
    'select id, units - 10 from orders where units is not null and price >= 2 order by id desc',
    "select id from orders where customer = 'ann' or customer is null order by id",
    "select id from orders where customer like 'a%' and not (id in (1, 4)) order by id",
    'select id from orders where units between 1 and 3 order by id',
    "select o.id, case when o.units > 2 then 'many' when o.units is null then 'none' else 'few' end as size from orders o order by o.id",
    'select distinct units from orders where id < 6 order by units',
    'select customer, units from orders order by customer, id',
    'select customer, units from orders order by units desc, id limit 4',
    'select customer, count(*) as n, sum(units) as units, min(price) as least, max(price) as most from orders group by customer order by customer',
    'select count(*), count(units), count(distinct units), sum(units), avg(price) from orders',
    'select o.id, c.region from orders o join customers c on o.customer = c.name order by o.id',
    'select c.name, o.id from customers c left join orders o on o.customer = c.name order by c.name, o.id',
    'select c.region, count(o.id) as n, sum(o.units) as units from customers c left outer join orders o on c.name = o.customer group by c.region order by c.region',
    'select o.id from orders o where o.customer in (select name from customers where region = \'north\') order by o.id',
    'select n, count(*) as customers from (select customer, count(*) as n from orders group by customer) t group by n order by n',
    "select id, 'low' as kind from orders where units < 2 union all select id, 'high' from orders where units > 5 order by id",
    'with big as (select * from orders where units >= 3), named as (select customer, id from big where customer is not null) select customer, count(*) as n from named group by customer order by customer',
    'select id, row_number() over (partition by customer order by id) as place from orders order by id',
    'select id, rank() over (order by price desc) as place, sum(units) over (partition by customer) as units from orders order by id',
    'select id, sum(id) over (order by id rows between 1 preceding and current row) as two from orders order by id',
    'select id, lag(id) over (order by id) as before, lead(id, 2) over (order by id) as behind from orders order by id',
    'select coalesce(customer, \'?\') as name, nullif(units, 7) as units from orders order by id',
    'select customer, count(*) as n from orders where id < 7 group by customer having count(*) > 1 order by customer',
    'select units, count(*) as n from orders group by units having sum(id) > 5 order by units',
    'select c.name from customers c where not exists (select 1 from orders o where o.customer = c.name)',
    'select customer, sum(price * id) as weight from orders where price is not null group by customer order by customer',
    'select count(*) + 1 as more, sum(units) * 2 as twice, max(id) - min(id) as span from orders',
    'select a.id, b.id from orders a cross join orders b where a.id < b.id and a.units = b.units',
    'select max(customer), min(customer) from orders',
    'select sum(units) from orders where id > 100',
    'select id % 3 as rest, count(*) as n from orders group by id % 3 order by rest',
    # One value, calculated with aggregates over rows of the query around.
    'select c.name, (select max(o.id) + 1 from orders o where o.customer = c.name) as next from customers c order by c.name',
    'select c.name, (select coalesce(sum(o.units), 0) * 2 + count(*) from orders o where o.customer = c.name) as n from customers c order by c.name',
    'select c.name from customers c where (select count(*) - 1 from orders o where o.customer = c.name) > 0 order by c.name',
    'select o.id from orders o where o.units * 2 > (select avg(p.units) + 1 from orders p where p.customer = o.customer) order by o.id',
    'select c.name from customers c where 2 not in (select count(*) + 0 from orders o where o.customer = c.name) order by c.name',
    'select c.name, (select case when count(*) > 1 then max(o.price) else min(o.price) end from orders o where o.customer = c.name and o.id < 7) as p from customers c order by c.name',
    'select c.region, count(*) as n, sum((select count(*) * 10 from orders o where o.customer = c.name)) as tens from customers c group by c.region order by c.region',
    'select (select max(o.id) * 10 from orders o) as top, (select min(o.id) - 1 from orders o where o.customer = c.name) as low from customers c order by low',
    # Frames of groups, and without some rows; no NULL among the keys, whose place in an order differs.
    'select id, sum(id) over (order by units groups between 1 preceding and current row) as s from orders where units is not null order by id',
    'select id, count(*) over (order by units range between 1 preceding and 2 following) as n from orders where units < 10 order by id',
    'select id, sum(id) over (order by units rows between 2 preceding and 1 following exclude current row) as s from orders where id in (1, 3, 4, 6, 7) order by id',
    'select id, sum(id) over (order by units range between unbounded preceding and current row exclude ties) as s from orders where units is not null order by id',
    'select id, sum(id) over (order by units groups between unbounded preceding and unbounded following exclude group) as s from orders where units is not null order by id',
]

connection = sqlite3.connect(':memory:')
connection.execute('pragma case_sensitive_like = on')
for name, table in tables.items():
    names = [column for column, _ in table['columns']]
    types = {'bigint': 'integer', 'string': 'text', 'double': 'real'}
    columns = ', '.join(f'{column} {types[kind]}' for column, kind in table['columns'])
    connection.execute(f'create table {name} ({columns})')
    connection.executemany(f'insert into {name} values ({", ".join("?" * len(names))})', table['rows'])

# Whole numbers as text: JavaScript would round some.
def cell(value):
    return f'{value}n' if isinstance(value, int) else value


lines = []
for sql in queries:
    rows = [[cell(value) for value in row] for row in connection.execute(sql)]
    lines.append(json.dumps({'sql': sql, 'rows': rows}))
shown = {name: {**table, 'rows': [[cell(value) for value in row] for row in table['rows']]} for name, table in tables.items()}
print('{"tables": ' + json.dumps(shown) + ',\n"answers": [\n' + ',\n'.join(lines) + '\n]}')
