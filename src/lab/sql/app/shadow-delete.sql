-- purpose: the user must be gone; $1 id
DELETE FROM lab.users_shadow WHERE id = $1
