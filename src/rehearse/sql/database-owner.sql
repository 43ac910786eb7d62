-- purpose: whose the copy is: its owner may create in schema public
ALTER DATABASE {name} OWNER TO {owner}
