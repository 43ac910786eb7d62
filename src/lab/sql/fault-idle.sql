-- purpose: a report that has read {argument} and does not end its transaction
BEGIN;

SELECT count(*) FROM (SELECT FROM {argument} LIMIT 1000) AS page
