-- purpose: what the new user must say; $1 id, $2 name
INSERT INTO lab.users_shadow (id, expected_name) VALUES ($1, $2)
