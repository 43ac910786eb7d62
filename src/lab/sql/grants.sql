-- purpose: lets each practice login do its part, once the control schema is installed (as superuser)
GRANT pgrollout_engine TO lab_engine;
GRANT pgrollout_operator TO lab_operator;
GRANT pgrollout_approver TO lab_approver;
GRANT pgrollout_responder TO lab_responder;
GRANT pgrollout_viewer TO lab_viewer;
-- DDL needs the tables' owner
GRANT shop_owner TO pgrollout_engine;
-- so that the replica's lag and the texts of waiting statements are seen, as on any server where
-- these logins belong to those who look after it
GRANT pg_signal_backend TO lab_operator, lab_approver;
GRANT pg_monitor TO lab_operator, lab_approver, lab_responder, lab_viewer;
