-- purpose: what a foreign key of the copy names and is not there
SELECT DISTINCT {ours} FROM {child} c
WHERE {given} AND NOT EXISTS (SELECT FROM {parent} p WHERE {match})
LIMIT 2000
