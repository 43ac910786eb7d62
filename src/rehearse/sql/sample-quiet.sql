-- purpose: no trigger and no foreign key minds the order in which rows come (as superuser)
SET session_replication_role = replica;
SET datestyle = 'ISO, YMD';
SET intervalstyle = postgres
