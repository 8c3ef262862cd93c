# progress.sh - sourced by deploy/quickstart and tests/run: long steps with a sign of life.
#
#   step LOG "what is done" command…    runs it with its output in LOG; while it runs, a line every 15 s says for how
#                                       long and what it last said; in the end the time it took, or the end of the log.

progress_last_line() { tail -c 400 "$1" 2>/dev/null | tr '\r' '\n' | grep -v '^[[:space:]]*$' | tail -n 1 | cut -c1-100; }

step() {
    local log=$1 what=$2 began=$SECONDS pid status=0 quiet=0
    shift 2
    mkdir -p "$(dirname "$log")"
    echo "-- $what"
    "$@" >"$log" 2>&1 </dev/null &
    pid=$!
    while kill -0 $pid 2>/dev/null; do
        sleep 0.2
        quiet=$((quiet + 1))
        if [ $((quiet % 75)) -eq 0 ]; then
            echo "   … $((SECONDS - began)) s: $(progress_last_line "$log")"
        fi
    done
    wait $pid || status=$?
    if [ $status -ne 0 ]; then
        echo "   FAILED after $((SECONDS - began)) s (exit status $status); the end of $log:"
        tail -n 40 "$log" | sed 's/^/   | /'
        return $status
    fi
    echo "   done in $((SECONDS - began)) s"
}

# venv_with REQUIREMENTS: print the path of a virtual environment with exactly these pinned packages. Kept in the cache,
# named by the pins, so that it is made once.
venv_with() {
    local requirements=$1 cache=${CORDON_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/cordon} key dir
    key=$({ cat "$requirements" "$(dirname "${BASH_SOURCE[0]}")/requirements.txt"; python3 --version; command -v python3; } |
        sha256sum | cut -c1-16)
    dir=$cache/venv-$key
    if [ ! -e "$dir/complete" ]; then
        rm -rf "$dir"
        python3 -m venv "$dir" >&2
        "$dir/bin/pip" install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r "$requirements" >&2
        touch "$dir/complete"
    fi
    echo "$dir"
}
