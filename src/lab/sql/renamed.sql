-- purpose: what of a finished rename is not as it should be; gives text, NULL when all is
SELECT string_agg(flaw, '; ') FROM (
    SELECT 'users.full_name is not there as text NOT NULL' AS flaw
    WHERE NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'public.users'::regclass
                      AND attname = 'full_name' AND atttypid = 'text'::regtype AND attnotnull)
    UNION ALL
    SELECT 'users.name is still there'
    FROM pg_attribute WHERE attrelid = 'public.users'::regclass AND attname = 'name'
    UNION ALL
    SELECT format('trigger %I is left on users', tgname)
    FROM pg_trigger WHERE tgrelid = 'public.users'::regclass AND NOT tgisinternal
    UNION ALL
    SELECT format('constraint %I is left on users', conname)
    FROM pg_constraint WHERE conrelid = 'public.users'::regclass AND contype = 'c'
    UNION ALL
    SELECT format('%s is left in schema public', p.oid::regprocedure)
    FROM pg_proc AS p WHERE pronamespace = 'public'::regnamespace
    AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
    UNION ALL
    SELECT format('%s is left in schema public', c.oid::regclass)
    FROM pg_class AS c WHERE relnamespace = 'public'::regnamespace
    AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = c.oid AND deptype = 'e')
    AND relname NOT IN ('users', 'users_id_seq', 'users_pkey', 'users_email_key',
                        'users_city_created_idx')
    UNION ALL
    SELECT format('index %s is invalid', indexrelid::regclass)
    FROM pg_index WHERE indrelid = 'public.users'::regclass AND NOT indisvalid
) AS flaws
