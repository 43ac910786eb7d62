-- purpose: either release changes what is not part of the rename; $1 id, $2 city
UPDATE public.users SET city = $2, bio = 'moved to ' || $2 || '; ' || left(bio, 40) WHERE id = $1
