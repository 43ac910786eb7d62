-- purpose: what was rehearsed is no migration that anybody waits for
DELETE FROM pgrollout.migration
