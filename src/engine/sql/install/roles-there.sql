-- purpose: the roles of pgrollout that exist, those that contain others last
-- columns: role
SELECT r.rolname AS role FROM pg_catalog.pg_roles r
WHERE r.rolname IN ('pgrollout_owner', 'pgrollout_viewer', 'pgrollout_responder',
                    'pgrollout_operator', 'pgrollout_approver', 'pgrollout_engine')
ORDER BY r.rolname
