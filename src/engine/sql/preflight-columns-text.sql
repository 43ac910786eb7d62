-- purpose: the columns of table $1 (oid) as add_table's comparison writes them
SELECT pgrollout.columns_text($1::oid)
