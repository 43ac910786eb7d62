noinst_LIBRARIES += libengine.a
libengine_a_SOURCES =
include src/engine/client.mk
