noinst_LIBRARIES += libconsole.a
libconsole_a_SOURCES = \
    src/console/app-act.c \
    src/console/app-command.c \
    src/console/app-input.c \
    src/console/app.c \
    src/console/app.h \
    src/console/asking.c \
    src/console/asking.h \
    src/console/command.c \
    src/console/command.h \
    src/console/complete.c \
    src/console/complete.h \
    src/console/confirm.c \
    src/console/confirm.h \
    src/console/draw.c \
    src/console/draw.h \
    src/console/format.c \
    src/console/format.h \
    src/console/grid.c \
    src/console/grid.h \
    src/console/holds.c \
    src/console/holds.h \
    src/console/keys.c \
    src/console/keys.h \
    src/console/outlet.c \
    src/console/outlet.h \
    src/console/plain-question.c \
    src/console/plain-question.h \
    src/console/plain.c \
    src/console/prompt-history.c \
    src/console/prompt-history.h \
    src/console/prompt.c \
    src/console/prompt.h \
    src/console/screens/answers.c \
    src/console/screens/blank.c \
    src/console/screens/cockpit.c \
    src/console/screens/dialog.c \
    src/console/screens/help.c \
    src/console/screens/history.c \
    src/console/screens/journal.c \
    src/console/screens/lines.c \
    src/console/screens/panes.c \
    src/console/screens/prompt.c \
    src/console/screens/screens.h \
    src/console/screens/why.c \
    src/console/terminal.c \
    src/console/terminal.h \
    src/console/theme-parse.c \
    src/console/theme-private.h \
    src/console/theme.c \
    src/console/theme.h \
    src/console/view.c \
    src/console/view.h
libconsole_a_CFLAGS = $(AM_CFLAGS) $(TUI_CFLAGS)
noinst_HEADERS += include/pgrollout/console/console.h
