#!/usr/bin/env python3
"""run.py - runs the scenarios of scn_*.py one after the other and prints `ok NAME`, `not ok NAME` or `skip NAME # why`.

  run.py [--only PATTERN] [--not PATTERN] [--prefix NAME] [--list]

A name that begins with s7_ or d27_ carries the number of the acceptance scenario that it stands for.

The binary, model and time stretch come from the environment (see harness.py)."""
import argparse
import glob
import importlib
import os
import re
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import harness  # noqa: E402


def wanted(name, a):
    return (not a.only or re.search(a.only, name)) and not (a.exclude and re.search(a.exclude, name))


def run_one(fn):
    takes = getattr(fn, "takes", None)
    if takes is None:
        takes = fn.__code__.co_varnames[:fn.__code__.co_argcount]
    fn(**{k: v for k, v in (harness.shared() if takes else {}).items() if k in takes})


def load_all():
    for path in sorted(glob.glob(os.path.join(HERE, "scn_*.py"))):
        importlib.import_module(os.path.basename(path)[:-3])


def main(load=load_all, prefix="scenario"):
    """tests/e2e uses this too, with scenarios of its own."""
    p = argparse.ArgumentParser()
    p.add_argument("--only", default="")
    p.add_argument("--not", dest="exclude", default="")
    p.add_argument("--prefix", default=prefix)
    p.add_argument("--list", action="store_true")
    a = p.parse_args()
    load()
    failed = 0
    for name, fn, group in harness.SCENARIOS:
        # What needs the real model is no part of a run with the stand-in engine; the release binary's run has it.
        if not wanted(name, a) or (group == "engine" and harness.ENGINE != "llama"):
            continue
        if a.list:
            print(name)
            continue
        start = time.monotonic()
        try:
            run_one(fn)
        except harness.Skip as why:
            print("skip %s/%s # %s" % (a.prefix, name, why), flush=True)
            continue
        except Exception:                                  # noqa: BLE001 - a broken scenario must not end the run
            failed += 1
            print("not ok %s/%s (%.2f s)" % (a.prefix, name, time.monotonic() - start), flush=True)
            print("    " + traceback.format_exc().strip().replace("\n", "\n    "), flush=True)
            continue
        print("ok %s/%s (%.2f s)" % (a.prefix, name, time.monotonic() - start), flush=True)
    try:
        harness.close_shared()
    except AssertionError as why:
        failed += 1
        print("not ok %s/shared_end\n    %s" % (a.prefix, str(why).replace("\n", "\n    ")), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
