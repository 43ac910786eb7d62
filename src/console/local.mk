noinst_LIBRARIES += libconsole.a
libconsole_a_SOURCES =
libconsole_a_CFLAGS = $(AM_CFLAGS) $(TUI_CFLAGS)
