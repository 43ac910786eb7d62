-- purpose: release 41 shows a user; $1 id; gives name
SELECT name, email, city FROM public.users WHERE id = $1
