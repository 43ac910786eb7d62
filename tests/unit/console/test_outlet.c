/* Output that is never waited for, on a real pty whose other end nobody reads. */
#include "config.h"

#include <fcntl.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <cmocka.h>

#include "console/outlet.h"

#define PIECES 1000

struct ends {
    int master, slave;
    struct outlet *outlet;
};

static int set_up(void **state)
{
    struct ends *ends = g_new0(struct ends, 1);
    struct termios modes;
    assert_int_equal(openpty(&ends->master, &ends->slave, NULL, NULL, NULL), 0);
    tcgetattr(ends->slave, &modes);
    cfmakeraw(&modes);
    tcsetattr(ends->slave, TCSANOW, &modes);
    fcntl(ends->master, F_SETFL, O_NONBLOCK);
    ends->outlet = outlet_new(ends->slave);
    *state = ends;
    return 0;
}

static int tear_down(void **state)
{
    struct ends *ends = *state;
    outlet_free(ends->outlet);
    close(ends->slave);
    close(ends->master);
    g_free(ends);
    return 0;
}

/* 100 bytes a piece, each with its number. */
static void add(struct ends *ends, int from, int to)
{
    for (int i = from; i < to; i++) {
        g_autofree char *piece = g_strdup_printf("%099d\n", i);
        outlet_add(ends->outlet, piece, strlen(piece));
    }
}

/* What has arrived at the other end. */
static void receive(struct ends *ends, GString *all)
{
    char bytes[4096];
    ssize_t n;
    while ((n = read(ends->master, bytes, sizeof bytes)) > 0)
        g_string_append_len(all, bytes, n);
}

static void keeps_what_is_not_taken(void **state)
{
    struct ends *ends = *state;
    g_autoptr(GString) all = g_string_new(NULL);
    gboolean done;
    add(ends, 0, PIECES);
    done = outlet_drain(ends->outlet);
    assert_false(done);
    add(ends, PIECES, PIECES + 5);
    assert_false(outlet_drain(ends->outlet));
    for (int i = 0; i < 1000 && !done; i++) {
        receive(ends, all);
        g_usleep(1000);
        done = outlet_drain(ends->outlet);
    }
    assert_true(done);
    for (int i = 0; i < 1000 && all->len < 100 * (PIECES + 5); i++) {
        g_usleep(1000);
        receive(ends, all);
    }
    assert_int_equal(all->len, 100 * (PIECES + 5));
    for (int i = 0; i < PIECES + 5; i++)
        assert_int_equal(atoi(all->str + 100 * i), i);
}

static void leaves_the_flags_of_the_descriptor(void **state)
{
    struct ends *ends = *state;
    assert_int_not_equal(outlet_fd(ends->outlet), ends->slave);
    assert_false(fcntl(ends->slave, F_GETFL) & O_NONBLOCK);
}

/* A blocking write() after it must not be stopped by what nobody has read. */
static void drops(void **state)
{
    struct ends *ends = *state;
    add(ends, 0, PIECES);
    assert_false(outlet_drain(ends->outlet));
    outlet_drop(ends->outlet);
    assert_true(outlet_drain(ends->outlet));
    add(ends, 7, 8);
    assert_true(outlet_drain(ends->outlet));
}

static void forgets_when_nobody_is_there(void **state)
{
    struct ends *ends = *state;
    close(ends->master);
    ends->master = open("/dev/null", O_RDONLY | O_CLOEXEC);
    add(ends, 0, PIECES);
    assert_true(outlet_drain(ends->outlet));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keeps_what_is_not_taken, set_up, tear_down),
        cmocka_unit_test_setup_teardown(leaves_the_flags_of_the_descriptor, set_up, tear_down),
        cmocka_unit_test_setup_teardown(drops, set_up, tear_down),
        cmocka_unit_test_setup_teardown(forgets_when_nobody_is_there, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("outlet", tests, NULL, NULL);
}
