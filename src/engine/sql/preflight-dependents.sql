-- purpose: what would keep table $1 (oid) from being dropped; NULL: nothing
SELECT pgrollout.table_dependents($1::oid)
