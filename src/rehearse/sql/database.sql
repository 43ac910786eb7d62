-- purpose: what belongs to the database and not to its schema
-- columns: owner, name and value of a setting (NULL: there is none), raw (it is a list of names, quoted already)
SELECT pg_catalog.pg_get_userbyid(d.datdba) AS owner, pg_catalog.split_part(c.setting, '=', 1) AS name,
       pg_catalog.substr(c.setting, pg_catalog.strpos(c.setting, '=') + 1) AS value,
       c.setting ~ '^(search_path|temp_tablespaces)=' AS raw
FROM pg_catalog.pg_database d
LEFT JOIN pg_catalog.pg_db_role_setting s ON s.setdatabase = d.oid AND s.setrole = 0
LEFT JOIN LATERAL pg_catalog.unnest(s.setconfig) c (setting) ON c.setting !~ '_preload_libraries='
WHERE d.datname = pg_catalog.current_database()
