#!/bin/sh
# The engine must not be able to reach a network: a program that holds it whole imports no socket function and holds
# no HTTP client. Usage: cmake/no-network.sh PROGRAM (one that links the engine and nothing of cordon's own network
# code, not stripped).
set -eu
program=$1
status=0

imports=$(nm -D --undefined-only "$program" | awk '{print $NF}' | sed 's/@.*//')
[ -n "$imports" ] || { echo "no imports at all were read from $program: the check would prove nothing" >&2; exit 1; }
for symbol in socket connect bind listen accept accept4 sendto sendmsg recvfrom recvmsg getaddrinfo gethostbyname res_query; do
    if printf '%s\n' "$imports" | grep -qx "$symbol"; then
        echo "the engine imports $symbol" >&2
        status=1
    fi
done

symbols=$(nm -C "$program")
printf '%s\n' "$symbols" | grep -q ' llama_decode$' || { echo "$program does not hold the engine" >&2; exit 1; }
for name in httplib:: common_download hf_cache curl_easy_ SSL_connect; do
    count=$(printf '%s\n' "$symbols" | grep -c -F "$name" || true)
    if [ "$count" -ne 0 ]; then
        echo "the engine holds $count symbols of $name" >&2
        status=1
    fi
done
[ $status -ne 0 ] || echo "no network symbols in $program"
exit $status
