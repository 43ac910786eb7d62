-- purpose: the practice cluster's logins and its database (as superuser, in database postgres)
-- the applications
CREATE ROLE shop_owner LOGIN;
CREATE ROLE shop_web LOGIN;
CREATE ROLE shop_workers LOGIN;
CREATE ROLE shop_cron LOGIN;
-- the people and the engine; what they may do comes with lab/sql/grants.sql
CREATE ROLE lab_engine LOGIN;
CREATE ROLE lab_operator LOGIN;
CREATE ROLE lab_approver LOGIN;
CREATE ROLE lab_responder LOGIN;
CREATE ROLE lab_viewer LOGIN;
-- owns the shadow table, which the product does not know
CREATE ROLE lab_keeper NOLOGIN;
