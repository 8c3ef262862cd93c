#!/bin/bash
# Build llama.cpp, pinned, as static libraries in a cache that all build directories share, and print where it lies.
# Called by cmake/engine.cmake at configure time; may be run by hand.
#
#   cmake/llama.sh [--source DIR] [--cc PROGRAM] [--cxx PROGRAM] [--cache DIR]
#
# The source is the git bundle that the npm package node-llama-cpp carries: a whole tagged tree, checked twice, by the
# digest of the tarball and by git's own tree id. --source takes a tree that is already there instead (a release
# tarball, a mirror): its tree id is stated, and where it is not the pinned one, that is said.
#
# The cache entry is named by everything that shapes the result: source, options, compilers. It is built beside its
# place and renamed into it under a lock, so two configurations at once are safe and a broken build leaves nothing.
# CORDON_LLAMA_JOBS sets how many compilers run at once (default: the cores). On standard output: one line, the entry.
set -euo pipefail

version=v0.5.0
package=node-llama-cpp@3.22.1
package_sha256=a0d9dd80eacd2ab1cfe71aee57ac8a806487fd70b3d2a38fbec637752d9e5c5f
tree=fd570ef54b10ec5fecb739e7e04c8ce44a6f415a
recipe=1   # raise it when what this script does to the result changes

cache=${CORDON_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/cordon}
source_dir='' cc=${CC:-cc} cxx=${CXX:-c++}
while [ $# -gt 0 ]; do
    case $1 in
        --source) source_dir=$2 ;;
        --cc) cc=$2 ;;
        --cxx) cxx=$2 ;;
        --cache) cache=$2 ;;
        *) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2 ;;
    esac
    shift 2
done

say() { echo "llama.cpp: $*" >&2; }
die() { say "$*"; exit 1; }
need() { command -v "$1" >/dev/null || die "$1 is missing: $2"; }

# The options: no server, no downloads, no OpenSSL of its own, one instruction set that CPUs since 2013 have (x86-64-v3),
# no OpenMP (its threads would spin beside ours).
options=(
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_POSITION_INDEPENDENT_CODE=ON -DBUILD_SHARED_LIBS=OFF
    -DLLAMA_BUILD_COMMON=ON -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_TOOLS=OFF -DLLAMA_BUILD_EXAMPLES=OFF
    -DLLAMA_BUILD_SERVER=OFF -DLLAMA_BUILD_APP=OFF -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF
    -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_NUMBER=0 "-DLLAMA_BUILD_COMMIT=$version"
    -DGGML_NATIVE=OFF -DGGML_OPENMP=OFF -DGGML_LLAMAFILE=ON -DGGML_CCACHE=OFF
)
if [ "$(uname -m)" = x86_64 ]; then
    options+=(-DGGML_SSE42=ON -DGGML_AVX=ON -DGGML_AVX2=ON -DGGML_BMI2=ON -DGGML_FMA=ON -DGGML_F16C=ON)
fi

# What a given tree is: its git tree id when it is a clean checkout of its own, else where it lies.
identity() {
    local top id
    top=$(git -C "$1" rev-parse --show-toplevel 2>/dev/null) || top=''
    if [ "$top" = "$(cd "$1" && pwd -P)" ] && [ -z "$(git -C "$1" status --porcelain 2>/dev/null)" ]; then
        id=$(git -C "$1" rev-parse 'HEAD^{tree}')
        if [ "$id" = "$tree" ]; then say "$1 is the pinned tree of $version"
        else say "$1 has the tree $id, which is NOT the pinned one of $version"; fi
        echo "$id"
    else
        say "$1 is no clean git checkout: its content is taken as it is, unchecked"
        echo "unchecked:$1"
    fi
}

# Fetch the bundle, check both digests, and lay the tree at $1.
fetch() {
    local down=$1.fetch   # not `work`, which the trap at the end removes
    need npm "install it (Debian: apt install npm), or give a source tree of $version with -DCORDON_LLAMA_SOURCE=DIR"
    need git "install it (Debian: apt install git)"
    mkdir -p "$down"
    say "fetching $package (36 MB)"
    (cd "$down" && npm pack --silent --ignore-scripts "$package" >/dev/null) ||
        die "npm could not fetch $package; see its message above, or use -DCORDON_LLAMA_SOURCE=DIR"
    (cd "$down" && echo "$package_sha256  ${package/@/-}.tgz" | sha256sum --check --quiet) >&2 ||
        die "the tarball of $package is not the pinned one: refusing to build it"
    tar -C "$down" -xzf "$down/${package/@/-}.tgz" package/llama/gitRelease.bundle
    git clone --quiet "$down/package/llama/gitRelease.bundle" "$1" 2>/dev/null
    [ "$(git -C "$1" rev-parse 'HEAD^{tree}')" = "$tree" ] || die "the git tree is not the pinned one: refusing to build it"
    say "digest and git tree are the pinned ones of $version"
}

build() {   # build SOURCE BUILD_DIR
    local generator=()
    ! command -v ninja >/dev/null || generator=(-G Ninja)
    say "building $version (4 to 6 minutes on 2 cores, once for all build directories)"
    cmake -S "$1" -B "$2" "${generator[@]}" -DCMAKE_C_COMPILER="$cc" -DCMAKE_CXX_COMPILER="$cxx" \
        "${options[@]}" >"$2.log" 2>&1 || { cat "$2.log" >&2; die "cmake failed on the llama.cpp tree"; }
    nice cmake --build "$2" --parallel "${CORDON_LLAMA_JOBS:-$(nproc)}" --target llama llama-common >&2
}

# Archives without their folders, and the headers that the engine and its shim include.
collect() {   # collect SOURCE BUILD_DIR ENTRY
    mkdir -p "$3/lib" "$3/include" "$3/common"
    find "$2" -name '*.a' -exec cp {} "$3/lib/" \;
    # What these two print to standard error themselves may quote a request: it goes to a function of the shim's, which
    # drops it (localmodel/chat_shim.cpp).
    for archive in libllama libllama-common; do
        objcopy --redefine-sym fprintf=cordon_llama_fprintf "$3/lib/$archive.a"
    done
    cp "$1"/include/*.h "$1"/ggml/include/*.h "$3/include/"
    (cd "$1/common" && find . -name '*.h' -o -name '*.hpp') | (cd "$1/common" && xargs cp --parents -t "$3/common")
    cp -r "$1/vendor/nlohmann" "$3/common/"
    cp "$1/LICENSE" "$3/"
    mkdir -p "$3/templates" && cp "$1"/models/templates/*.jinja "$3/templates/"
    printf '%s\n' "llama.cpp $version" "source $id" "cc $($cc --version | head -1)" "${options[@]}" >"$3/BUILT"
}

mkdir -p "$cache"
id=$tree
[ -z "$source_dir" ] || { source_dir=$(cd "$source_dir" && pwd -P); id=$(identity "$source_dir"); }
compilers() { "$cc" --version | head -1; "$cxx" --version | head -1; }
shape=$({ echo "$recipe $id"; compilers; printf '%s\n' "${options[@]}"; uname -m; } | sha256sum | cut -c1-16)
entry=$cache/llama-${version#v}-$shape

if [ ! -e "$entry/BUILT" ]; then
    need cmake "install it (Debian: apt install cmake)"
    need objcopy "install it (Debian: apt install binutils)"
    need flock "install it (Debian: apt install util-linux)"
    exec 9>"$cache/llama.lock"
    flock --nonblock 9 || { say "another build of it is running; waiting for that one"; flock 9; }
    if [ ! -e "$entry/BUILT" ]; then
        work=$(mktemp -d "$cache/llama-work.XXXXXX")
        trap 'rm -rf "$work"' EXIT
        [ -n "$source_dir" ] || { fetch "$work/source"; source_dir=$work/source; }
        build "$source_dir" "$work/build"
        collect "$source_dir" "$work/build" "$work/entry"
        rm -rf "$entry"
        mv "$work/entry" "$entry"
        say "built: $entry"
    fi
fi
echo "$entry"
