-- purpose: the rows that a foreign key names
SELECT {columns} FROM {table} WHERE ({key}) IN ({values})
