#!/bin/bash
# layers.sh - the layering of docs/ARCHITECTURE.md, checked by reading the #include lines. A folder includes only itself
# and the folders below it; folders of one level never include each other; some headers are seen by few files only.
# Prints each breach; exit status 1 when there is one.
set -u
cd "$(dirname "$0")/.." || exit 2
breaches=$(mktemp)
trap 'rm -f "$breaches"' EXIT

breach() { echo "layers: $*" | tee -a "$breaches"; }
sources() { find "$@" -name '*.[ch]' -o -name '*.cpp' 2>/dev/null; }

# folder: what it may include beside itself
allowed() {
    case $1 in
        core) echo "" ;;
        conf | wire) echo "core" ;;
        state) echo "core conf" ;;
        policy | redact | audit | localmodel) echo "core conf wire" ;;
        proxy) echo "core conf wire state policy redact audit localmodel" ;;
        admin) echo "core conf wire state policy redact audit localmodel proxy" ;;
    esac
}

for folder in core conf wire state policy redact audit localmodel proxy admin; do
    while IFS=: read -r file line include; do
        target=$(sed 's/.*"\(.*\)".*/\1/' <<<"$include")
        case $target in
            */*) ;;
            *)  # The C++ shim includes llama.cpp's own headers, as they include each other.
                [ "$file" = localmodel/chat_shim.cpp ] ||
                    breach "$file:$line: includes \"$target\": write the path from the root, or <> for a library's"
                continue ;;
        esac
        [ -e "$target" ] || breach "$file:$line: includes \"$target\", which is not a file of the tree"
        top=${target%%/*}
        [ "$top" = $folder ] && continue
        [[ " $(allowed $folder) " == *" $top "* ]] || breach "$file:$line: $folder/ must not include $top/ ($target)"
    done < <(sources $folder | xargs -r grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' /dev/null)
done

# only HEADER FILES…: the header (a pattern) is included by these files (patterns) and no other
only() {
    local header=$1 file
    shift
    while read -r file; do
        local ok=
        for allowed_file in "$@"; do
            # shellcheck disable=SC2053 # the right side is a pattern on purpose
            [[ $file == $allowed_file ]] && ok=1
        done
        [ -n "$ok" ] || breach "$file: includes <$header>, which only $* may see"
    done < <(sources core conf wire state policy redact audit localmodel proxy admin |
        xargs -r grep -lE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]$header[>\"]")
}

only 'hs(/hs)?\.h' policy/scan_hs.c
only 'pcre2\.h' policy/scan_pcre.c
only 'llama\.h' 'localmodel/engine_llama*' localmodel/chat_shim.cpp
only 'ggml[a-z-]*\.h' 'localmodel/engine_llama*'
only 'cyaml/cyaml\.h' 'conf/*.c' 'conf/*.h'
only 'llhttp\.h' 'proxy/h1*.c'
only 'openssl/[a-z0-9_]+\.h' core/digest.c core/digest.h 'core/digest*.t.c' core/seal.c 'state/redis*' 'proxy/*'
only 'event2/[a-z_]+\.h' 'proxy/*' 'admin/*' 'state/*.c' state/rig.t.h
only 'hiredis/[a-z_/]+\.h' 'state/*.c' state/redis.h
only '(zlib|zstd|brotli/decode|brotli/encode)\.h' 'core/inflate*.c'
only 'cJSON\.h|cjson/cJSON\.h' 'admin/*'
only 'seccomp\.h|linux/seccomp\.h' 'proxy/signer*.c' 'proxy/ca*.c'
only 'sys/ptrace\.h' none

# The C++ of llama.cpp's chat layer stays behind the engine's door.
while read -r file; do
    case $file in localmodel/*) ;; *) breach "$file: C++ outside localmodel/" ;; esac
done < <(find core conf wire state policy redact audit localmodel proxy admin -name '*.cpp' -o -name '*.hpp' 2>/dev/null)

# Sizes: a file that grows past this is two files.
while read -r lines file; do
    [ "$file" = total ] && continue
    [ "$lines" -le 900 ] || breach "$file: $lines lines; the limit is 900"
done < <(sources core conf wire state policy redact audit localmodel proxy admin | xargs -r wc -l)

[ -s "$breaches" ] && exit 1
echo "layers: clean"
