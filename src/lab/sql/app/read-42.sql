-- purpose: release 42 shows a user; $1 id; gives full_name
SELECT full_name, email, city FROM public.users WHERE id = $1
