-- purpose: the users with names of 200 characters get their old ones, where nobody has renamed them
DO $$
BEGIN
    IF to_regclass('lab.bad_rows') IS NULL THEN RETURN; END IF;
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'public.users'::regclass AND attname = 'name') THEN
        UPDATE public.users AS u SET name = b.name FROM lab.bad_rows AS b
        WHERE u.id = b.id AND length(u.name) = 200;
    ELSE
        UPDATE public.users AS u SET full_name = b.name FROM lab.bad_rows AS b
        WHERE u.id = b.id AND length(u.full_name) = 200;
    END IF;
    UPDATE lab.users_shadow AS s SET expected_name = b.name FROM lab.bad_rows AS b
    WHERE s.id = b.id AND length(s.expected_name) = 200;
    DROP TABLE lab.bad_rows;
END
$$
