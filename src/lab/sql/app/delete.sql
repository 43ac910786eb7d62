-- purpose: either release deletes a user; $1 id
DELETE FROM public.users WHERE id = $1
