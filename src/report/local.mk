noinst_LIBRARIES += libreport.a
libreport_a_SOURCES = \
    src/report/axis.c \
    src/report/axis.h \
    src/report/chart.c \
    src/report/chart.h \
    src/report/format.c \
    src/report/format.h \
    src/report/html-charts.c \
    src/report/html-private.h \
    src/report/html-tables.c \
    src/report/html.c \
    src/report/lanes.c \
    src/report/markdown.c \
    src/report/markup.c \
    src/report/markup.h \
    src/report/periods.c \
    src/report/recording.c \
    src/report/replay-private.h \
    src/report/replay-state.c \
    src/report/replay.c \
    src/report/report-private.h \
    src/report/report.c \
    src/report/series.c \
    src/report/spans.c \
    src/report/words.c \
    src/report/words.h
noinst_HEADERS += \
    include/pgrollout/report/recording.h \
    include/pgrollout/report/report.h \
    include/pgrollout/report/write.h
RESOURCE_FILES += src/report/report.css
