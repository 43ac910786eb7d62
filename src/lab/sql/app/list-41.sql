-- purpose: release 41 lists the newest users of a city; $1 city; gives name
SELECT name, email FROM public.users WHERE city = $1 ORDER BY created_at DESC LIMIT 20
