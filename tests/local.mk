# Tests mirror src/. Each folder lists its own in its local.mk.
