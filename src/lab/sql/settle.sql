-- purpose: fresh statistics and visibility after the load (each statement in a message of its own)
VACUUM (ANALYZE) public.users;
VACUUM (ANALYZE) lab.users_shadow;
