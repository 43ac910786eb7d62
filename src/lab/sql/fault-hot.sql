-- purpose: one of the 200 hot users is changed, and kept for a moment; {hot} is which one
BEGIN;

UPDATE public.users SET city = city
WHERE id = (SELECT 1 + max(id) / 200 * {hot} FROM public.users);

SELECT pg_sleep(0.4);

COMMIT
