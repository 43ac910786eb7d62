-- purpose: what lives here, where the control schema is
-- columns: live
SELECT EXISTS (SELECT FROM pgrollout.migration WHERE state NOT IN ('done', 'aborted'))
       OR pgrollout.engine_alive() AS live
