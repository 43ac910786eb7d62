-- purpose: rows of the sample; those that came before stay
INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE VALUES {rows} ON CONFLICT DO NOTHING
