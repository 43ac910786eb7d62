-- purpose: nothing that is rehearsed waits for ever
SET default_transaction_read_only = off;
SET statement_timeout = '20s';
SET lock_timeout = '3s';
SET client_min_messages = error
