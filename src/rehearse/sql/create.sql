-- purpose: the database of the copy
CREATE DATABASE {name} TEMPLATE template0
