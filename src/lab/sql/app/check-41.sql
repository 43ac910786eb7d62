-- purpose: release 41 compares a user with what was written; $1 id; gives name, expected_name
SELECT u.name, s.expected_name
FROM public.users AS u JOIN lab.users_shadow AS s ON s.id = u.id WHERE u.id = $1
