-- purpose: whether a user with a name of 200 characters is left; gives one boolean
SELECT count(*) > 0 FROM lab.users_shadow WHERE length(expected_name) = 200
