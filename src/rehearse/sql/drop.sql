-- purpose: takes the copy of one state away, whoever is still connected
DROP DATABASE IF EXISTS {name} WITH (FORCE)
