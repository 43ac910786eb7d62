-- purpose: the first rows of a table, or the last ones
SELECT {columns} FROM ONLY {table} {order} LIMIT {limit}
