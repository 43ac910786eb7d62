-- purpose: which ids there are to pick from; gives highest id
SELECT coalesce(max(id), 0) FROM public.users
