-- purpose: what this session sends leaves no text in pg_stat_statements
SET pg_stat_statements.track = 'none'
