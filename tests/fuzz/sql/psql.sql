COPY t FROM stdin;
1	2
\.
SELECT 1;
\i x
\set\echo
\x