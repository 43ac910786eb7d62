-- purpose: gives the people's logins the password that was handed over
DO $$
DECLARE
    login text;
BEGIN
    FOREACH login IN ARRAY '{lab_viewer,lab_responder,lab_operator,lab_approver}'::text[] LOOP
        EXECUTE format('ALTER ROLE %I PASSWORD %L', login, current_setting('lab.password'));
    END LOOP;
END
$$
