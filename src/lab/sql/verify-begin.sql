-- purpose: one snapshot for all that lab verify reads
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY
