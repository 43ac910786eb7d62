-- purpose: release 42 gives a user another name; $1 id, $2 name
UPDATE public.users SET full_name = $2 WHERE id = $1
