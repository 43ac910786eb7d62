-- purpose: release 41 makes a user; $1 email, $2 name, $3 city; gives id
INSERT INTO public.users (email, name, city, bio)
VALUES ($1, $2, $3, 'just arrived in ' || $3 || ', has not said much yet') RETURNING id
