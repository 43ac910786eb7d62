-- purpose: release 41 gives a user another name; $1 id, $2 name
UPDATE public.users SET name = $2 WHERE id = $1
