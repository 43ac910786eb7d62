-- purpose: be woken when something changes
LISTEN pgrollout
