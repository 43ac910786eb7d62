noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
    src/base/clock.c \
    src/base/error.c \
    src/base/resource.c \
    src/base/text.c
noinst_HEADERS += \
    include/pgrollout/base/clock.h \
    include/pgrollout/base/error.h \
    include/pgrollout/base/resource.h \
    include/pgrollout/base/text.h
# resource.c includes the generated header
src/base/resource.$(OBJEXT): src/resources.h
