#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Holds a report against Documentation/dev-tools/ktap.rst, line by line; prints how many results it has.

Stricter than the format where readers are: numbers follow each other, plans come before results and are
kept, a subtest is followed by the result it belongs to, nothing stands there that is not of the format.
"""
import re
import sys

RESULT = re.compile(r"(ok|not ok) (\d+)(?: (?:- )?([^#]*[^# ]))?(?: # ?(SKIP|TODO|XFAIL|TIMEOUT|ERROR)(?: (.*))?)?$")


class Wrong(Exception):
    pass


def need(condition, number, what):
    if not condition:
        raise Wrong(f"line {number + 1}: {what}")


def block(lines, at, indent):
    """One KTAP document from its version line on; gives (next line, number of results, whether all is well)."""
    head = " " * indent
    need(lines[at] == head + "KTAP version 1", at, "a version line is wanted")
    at += 1
    while at < len(lines) and lines[at].startswith(head + "#"):
        at += 1
    plan = re.fullmatch(head + r"1\.\.(\d+)", lines[at] if at < len(lines) else "")
    need(plan, at, "a plan line is wanted")
    at += 1
    seen = results = 0
    well, nested = True, None
    while at < len(lines):
        line = lines[at]
        depth = len(line) - len(line.lstrip(" "))
        if depth > indent:
            need(nested is None, at, "a second block of subtests for one result")
            at, count, nested = block(lines, at, depth)
            results += count
            continue
        if depth < indent:
            break
        text = line[indent:]
        if text.startswith("#"):
            at += 1
            continue
        match = RESULT.fullmatch(text)
        need(match, at, f"neither result nor diagnostics: {text!r}")
        seen += 1
        need(int(match[2]) == seen, at, f"number {match[2]} where {seen} is due")
        need(match[3], at, "a result without a name")
        if match[4] == "SKIP":
            need(match[1] == "ok" and match[5], at, "a skipped test is ok, and has a reason")
        if nested is not None:
            need(match[1] == "ok" or not nested, at, "fails, though none of its subtests does")
            need(match[1] != "ok" or nested, at, "is ok, though one of its subtests fails")
        else:
            results += 1
        well = well and match[1] == "ok"
        nested = None
        at += 1
    need(nested is None, at - 1, "subtests without the result they belong to")
    need(seen == int(plan[1]), at - 1, f"{seen} results, and the plan says {plan[1]}")
    return at, results, well


def main():
    lines = sys.stdin.read().split("\n")
    need(lines.pop() == "", len(lines), "the last line has no end")
    try:
        at, results, _ = block(lines, 0, 0)
        need(at == len(lines), at, "something behind the end")
    except Wrong as wrong:
        sys.exit(f"{sys.argv[0]}: {wrong}")
    print(results)


main()
