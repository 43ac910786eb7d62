noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
    src/base/clock.c \
    src/base/error.c \
    src/base/json.c \
    src/base/nearest.c \
    src/base/resource.c \
    src/base/text.c \
    src/base/units.c
noinst_HEADERS += \
    include/pgrollout/base/clock.h \
    include/pgrollout/base/error.h \
    include/pgrollout/base/json.h \
    include/pgrollout/base/nearest.h \
    include/pgrollout/base/resource.h \
    include/pgrollout/base/text.h \
    include/pgrollout/base/units.h
# resource.c includes the generated header
src/base/resource.$(OBJEXT): src/resources.h
