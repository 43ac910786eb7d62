-- purpose: a buyer of the flash sale who waits as long as it takes
SET statement_timeout = 0
