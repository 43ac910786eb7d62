/* What foreign text becomes in markup. */
#include "config.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/markup.h"

static void text_is(const char *text, const char *expected)
{
    g_autoptr(GString) out = g_string_new(NULL);
    markup_text(out, text);
    assert_string_equal(out->str, expected);
}

static void escapes(void **state)
{
    (void)state;
    text_is("<script>alert(\"1\" & '2')</script>",
            "&lt;script&gt;alert(&quot;1&quot; &amp; &#39;2&#39;)&lt;/script&gt;");
    text_is("]]> --> <!-- &amp;", "]]&gt; --&gt; &lt;!-- &amp;amp;");
    text_is(NULL, "");
}

static void controls(void **state)
{
    (void)state;
    text_is("a\x1b[31mb\x07", "a·[31mb·");
    text_is("one\ntwo\r\n\tthree", "one two three");
    text_is("\xc2\x9b"
            "31m",
            "·31m"); /* C1 */
    text_is("bad \xff\xc0\xaf", "bad \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

/* Right-to-left letters stay; what turns others round does not. */
static void directions(void **state)
{
    (void)state;
    text_is("user\xe2\x80\xae"
            "txt.exe",
            "user·txt.exe");
    text_is("\xe2\x81\xa6x\xe2\x81\xa9", "·x·");
    text_is("שלום", "שלום");
    text_is("z\xcc\x81\xcc\x82\xcc\x83\xcc\x84", "z\xcc\x81\xcc\x82·\xcc\x84");
}

/* A file is UTF-8 whatever the terminal is. */
static void whatever_locale(void **state)
{
    (void)state;
    g_autofree char *before = g_strdup(setlocale(LC_ALL, NULL));
    setlocale(LC_ALL, "C");
    text_is("Größe 名前 é", "Größe 名前 é");
    setlocale(LC_ALL, before);
}

static void blocks(void **state)
{
    (void)state;
    g_autoptr(GString) out = g_string_new(NULL);
    markup_block(out, "phases:\r\n  expand: <b>\n\tx\x1b\n\n");
    assert_string_equal(out->str, "phases:\n  expand: &lt;b&gt;\n x·\n\n");
}

static void cuts(void **state)
{
    (void)state;
    g_autoptr(GString) out = g_string_new(NULL);
    markup_text_cut(out, "<<<<<<", 4); /* before it is escaped */
    assert_string_equal(out->str, "&lt;&lt;&lt;…");
}

static void elements(void **state)
{
    (void)state;
    g_autoptr(GString) out = g_string_new(NULL);
    markup_element(out, "td class=\"n\"", "a<b");
    markup_number(out, -0.0001);
    g_string_append_c(out, ' ');
    markup_number(out, 123.456);
    assert_string_equal(out->str, "<td class=\"n\">a&lt;b</td>0 123.46");
}

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes),         cmocka_unit_test(controls), cmocka_unit_test(directions),
        cmocka_unit_test(whatever_locale), cmocka_unit_test(blocks),   cmocka_unit_test(cuts),
        cmocka_unit_test(elements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
