-- purpose: hands a password to the next statement; $1 the password
SELECT set_config('lab.password', $1, false)
