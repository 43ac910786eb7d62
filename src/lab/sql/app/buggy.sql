-- purpose: what a release with a mistake in it asks: there is no such column; $1 id
SELECT fullname FROM public.users WHERE id = $1
