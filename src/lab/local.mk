noinst_LIBRARIES += liblab.a
liblab_a_SOURCES =
