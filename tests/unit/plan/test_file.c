/* Files that are no plan files: directories, pipes, devices, links to them, too large ones. */
#include "config.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pgrollout/base/error.h"
#include "plan-test.h"

static char *folder;

static int make_folder(void **state)
{
    (void)state;
    folder = g_dir_make_tmp("pgrollout-test-XXXXXX", NULL);
    return folder ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    const char *name;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_unlink(path);
    }
    g_rmdir(folder);
    g_free(folder);
    return 0;
}

static void assert_refused(const char *path, const char *message)
{
    g_autoptr(GPtrArray) findings =
        g_ptr_array_new_with_free_func((GDestroyNotify)plan_finding_free);
    g_autoptr(GError) error = NULL;
    assert_null(plan_read(path, findings, &error));
    assert_non_null(error);
    assert_int_equal(rollout_error_exit_status(error), 2);
    if (!g_str_has_suffix(error->message, message))
        fail_msg("%s", error->message);
    assert_int_equal(findings->len, 0);
}

static void test_no_files(void **state)
{
    (void)state;
    g_autofree char *fifo = g_build_filename(folder, "fifo", NULL);
    g_autofree char *link = g_build_filename(folder, "link", NULL);
    g_autofree char *none = g_build_filename(folder, "none", NULL);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(symlink("/dev/zero", link), 0);
    assert_refused(none, "No such file or directory");
    assert_refused(folder, "is a directory");
    assert_refused(fifo, "is not a regular file");
    assert_refused(link, "is not a regular file");
    assert_refused("/dev/null", "is not a regular file");
}

static void test_large(void **state)
{
    (void)state;
    g_autofree char *path = g_build_filename(folder, "large", NULL);
    assert_true(g_file_set_contents(path, "", 0, NULL));
    assert_int_equal(truncate(path, 100 * 1024 * 1024), 0);
    assert_refused(path, "is larger than 1 MiB: that is no plan");
}

static void test_link_to_file(void **state)
{
    (void)state;
    static const char text[] = HEAD "phases: {expand: [{analyze: t}]}\n";
    g_autofree char *path = g_build_filename(folder, "plan", NULL);
    g_autofree char *link = g_build_filename(folder, "plan-link", NULL);
    g_autofree char *empty = g_build_filename(folder, "empty", NULL);
    g_autoptr(GPtrArray) findings =
        g_ptr_array_new_with_free_func((GDestroyNotify)plan_finding_free);
    assert_true(g_file_set_contents(path, text, -1, NULL));
    assert_true(g_file_set_contents(empty, "", 0, NULL));
    assert_int_equal(symlink(path, link), 0);
    struct plan *plan = plan_read(link, findings, NULL);
    assert_non_null(plan);
    assert_string_equal(plan->text, text);
    plan_free(plan);
    assert_null(plan_read(empty, findings, NULL));
    assert_int_equal(findings->len, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_files),
        cmocka_unit_test(test_large),
        cmocka_unit_test(test_link_to_file),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
