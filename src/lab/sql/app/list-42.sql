-- purpose: release 42 lists the newest users of a city; $1 city; gives full_name
SELECT full_name, email FROM public.users WHERE city = $1 ORDER BY created_at DESC LIMIT 20
