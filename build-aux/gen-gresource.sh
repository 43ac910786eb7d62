#!/bin/sh
# Writes the GResource manifest of every embedded file (SQL, recipes, themes, drills) to standard
# output: gen-gresource.sh FILE...   A file keeps its path below src/ as its name.
set -eu
echo '<?xml version="1.0" encoding="UTF-8"?>'
echo '<gresources><gresource prefix="/pgrollout">'
for file in "$@"; do
    printf '  <file alias="%s">%s</file>\n' "${file#src/}" "$file"
done
echo '</gresource></gresources>'
