#!/bin/bash
# tree.sh - rules about the tree that a reader would otherwise have to remember. Prints each breach; exit status 1 then.
set -u
cd "$(dirname "$0")/.." || exit 2
status=0
breach() { echo "tree: $*"; status=1; }

# Every stable code is in the man page, with its HTTP status.
while read -r code http; do
    case $code in OK | WAIT) continue ;; CONFIG | IO) http='' ;; esac
    grep -qE "^\.It Sy $code${http:+ , $http}( |\$)" docs/cordon.8 || breach "docs/cordon.8 lacks .It Sy $code${http:+ , $http}"
done < <(sed -n '/#define FAIL_LIST/,/^enum fail/p' core/fail.h | sed -nE 's/^ *X\(([A-Z0-9_]+), ([0-9]+),.*/\1 \2/p')
while read -r code; do
    grep -qE "^ *X\($code," core/fail.h || breach "docs/cordon.8 tells of $code, which core/fail.h does not have"
done < <(sed -nE 's/^\.It Sy ([A-Z0-9_]+).*/\1/p' docs/cordon.8)

# Every key of the configuration is in its man page.
if [ -e docs/cordon.conf.5 ]; then
    while read -r key; do
        grep -qE "(Ic|Cm|It|Sy|Va|Li|Ar) .*\b$key\b" docs/cordon.conf.5 || breach "docs/cordon.conf.5 lacks the key $key"
    done < <(sed -nE 's/^    \{"([a-z_]+)", O_.*/\1/p' conf/options.c | sort -u)
fi

# So is every metric, and every option of a command.
for name in $(grep -ohE '"cordon_[a-z_]+"' core/metrics.h core/metrics.c | tr -d '"' | sort -u); do
    grep -qE "^\.It Cm $name\b" docs/cordon.8 || breach "docs/cordon.8 lacks the metric $name"
done
while read -r name; do
    grep -qF "core/metrics" <<<"$(grep -lF "\"$name\"" core/metrics.h core/metrics.c)" || breach "docs/cordon.8 tells of $name, which is no metric"
done < <(sed -nE 's/^\.It Cm (cordon_[a-z_]+).*/\1/p' docs/cordon.8)
for option in $(grep -ohE -- '--[a-z][a-z-]+' admin/cmd_*.c admin/main.c | sort -u); do
    grep -qE -- "(Fl|\|) ${option#-}( |\$)" docs/cordon.8 || breach "docs/cordon.8 lacks the option $option"
done

# Written tables are what their scripts write (of one version of Unicode, which Debian 12's Python has).
if python3 -c 'import sys, unicodedata; sys.exit(unicodedata.unidata_version != "14.0.0")'; then
    for what in table text; do
        python3 policy/fold_table.py $what | cmp -s - policy/fold_$what.c ||
            breach "policy/fold_$what.c is not what policy/fold_table.py $what writes"
    done
fi

# Links of the documents lead somewhere.
while IFS=: read -r file link; do
    target=$(dirname "$file")/${link%%#*}
    [ -e "$target" ] || breach "$file: link to $link, which is not there"
done < <(grep -oHE '\]\([^)#:]+\)' README.md NEWS.md docs/*.md | sed -E 's/\]\(([^)]*)\)/\1/')

# Nothing is left for later.
if grep -rnE '\b(TODO|FIXME|XXX|HACK)\b' --include='*.[ch]' --include='*.cpp' --include='*.py' --include='*.sh' --include='*.yaml' \
    admin audit conf core deploy localmodel policy proxy redact state tests/scenario tests/e2e tests/bench wire cmake 2>/dev/null; then
    breach "a note for later is left in the tree"
fi
[ $status -eq 0 ] && echo "tree: clean"
exit $status
