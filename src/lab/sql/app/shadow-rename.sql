-- purpose: what the user must say from now on; $1 id, $2 name
UPDATE lab.users_shadow SET expected_name = $2 WHERE id = $1
