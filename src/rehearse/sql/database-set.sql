-- purpose: a setting of the database
ALTER DATABASE {name} SET {setting} TO {value}
