-- purpose: lets each practice login do its part, once the control schema is installed (as superuser)
GRANT pgrollout_engine TO lab_engine;
GRANT pgrollout_operator TO lab_operator;
GRANT pgrollout_approver TO lab_approver;
GRANT pgrollout_responder TO lab_responder;
GRANT pgrollout_viewer TO lab_viewer;
-- DDL needs the tables' owner
GRANT shop_owner TO pgrollout_engine;
