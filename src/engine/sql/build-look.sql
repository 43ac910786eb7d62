-- Purpose: how far the index build of migration {migration} is. No row where none runs.
SELECT {migration}, b.step, b.words
FROM pgrollout.build_of({migration}) b
