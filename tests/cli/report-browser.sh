#!/bin/bash
# The report in a real browser, where one is installed: no word on the console, nothing wider than a telephone, nothing
# asked of the network, and a page that prints. Only in the campaign.
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/campaign.sh"
. "$(dirname "$0")/../cli/sample.sh"

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
if [ -z "$browser" ]; then
    echo "1..0 # SKIP there is no browser here"
    exit 0
fi

cluster_start a
cluster_env a
ok "install" "$PGROLLOUT" install
sample_load a one
cluster_psql a >/dev/null -c "INSERT INTO pgrollout.sample (migration_id, at, rows_per_s, lag_s, waits, guards, replicas)
    SELECT m.id, clock_timestamp() - interval '10 minutes' + i * interval '1 second', 200 * (1 + sin(i / 20.0)),
           CASE WHEN i BETWEEN 200 AND 240 THEN (i - 200) / 5.0 ELSE 0 END, 0, jsonb_build_array(jsonb_build_object(
               'name', 'replication_lag', 'value', CASE WHEN i BETWEEN 200 AND 240 THEN (i - 200) / 5.0 ELSE 0 END,
               'unit', 's', 'pause', 5, 'resume', 2, 'state', 'ok')), '{\"replica-a\": 0.1, \"replica-b\": 0.2}'
    FROM pgrollout.migration m, generate_series(0, 599) i"
dir=$CLUSTER_ROOT/browser
mkdir "$dir"
ok "a page" "$PGROLLOUT" report one -o "$dir/one.html"
# what the page finds out about itself, from beside it: a copy with a script, which the page's own policy would not let run
probe='<pre id="told"></pre><script>
var w = document.documentElement, v = [];
v.push("wide " + (w.scrollWidth - w.clientWidth));
v.push("resources " + performance.getEntriesByType("resource").length);
v.push("shown " + Array.from(document.querySelectorAll("svg.chart")).filter(s => s.getBoundingClientRect().width > 0)
    .map(s => s.classList[1]).filter((x, i, a) => a.indexOf(x) == i).join("+"));
v.push("paper " + getComputedStyle(w).backgroundColor);
document.getElementById("told").textContent = v.join("; ");
</script></body>'
sed 's#<meta http-equiv="Content-Security-Policy"[^>]*/>##; s#</body>##' "$dir/one.html" >"$dir/probe.html"
echo "$probe" >>"$dir/probe.html" # behind </html>, where a browser still takes it

browse() { # OPTIONS… FILE
    timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync \
        --user-data-dir="$(mktemp -d -p "$dir")" --enable-logging=stderr --virtual-time-budget=3000 "$@" 2>"$dir/log"
}
told() { sed -n 's#.*<pre id="told">\([^<]*\)</pre>.*#\1#p'; }

dom=$(browse --dump-dom --window-size=1100,900 "file://$dir/one.html")
like "$dom" '</html>' "it opens"
is "$(grep -c CONSOLE "$dir/log")" 0 "and the browser's console says nothing"
is "$(browse --dump-dom --window-size=1100,900 "file://$dir/probe.html" | told)" \
    "wide 0; resources 0; shown wide; paper rgb(255, 255, 255)" "light and wide: fits, asks for nothing"
is "$(browse --dump-dom --window-size=500,900 --blink-settings=preferredColorScheme=0 "file://$dir/probe.html" | told)" \
    "wide 0; resources 0; shown narrow; paper rgb(16, 20, 24)" "dark and narrow: fits, its own charts"
browse --no-pdf-header-footer --print-to-pdf="$dir/one.pdf" "file://$dir/one.html"
is "$(head -c 5 "$dir/one.pdf")" "%PDF-" "it prints"
browse --window-size=1100,2600 --screenshot="$dir/one.png" "file://$dir/one.html"
ok "and has a picture" test "$(stat -c %s "$dir/one.png")" -gt 50000
done_testing
