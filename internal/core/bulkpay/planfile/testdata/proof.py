"""Computes the payments' root of a plan and the proof of each row to pay, from
docs/payment-proof.md alone. Usage: proof.py PLAN. Prints the root, then a line
"row path" for each row to pay, both in hex."""

import hashlib
import json
import sys


def sha(data):
    return hashlib.sha256(data).digest()


def contents(row):
    payee, budget, uin = row.get("payee", {}), row.get("budget", {}), row.get("uin", "")
    if uin.strip("0") == "":
        uin = ""
    fields = ["epgu payment 1", str(row["n"]), str(row["kopecks"]), uin]
    if uin == "" or "checked" in row:
        fields += [payee.get(k, "") for k in ("name", "inn", "kpp", "account", "bank", "bik", "corr")]
        fields += [budget.get(k, "") for k in ("104", "105")]
    else:
        fields += [""] * 9
    if uin == "":
        fields += [row.get("purpose", "")] + [budget.get(k, "") for k in ("107", "101", "106", "108", "109")]
        if row.get("actCode"):
            fields.append(row["actCode"])
    else:
        fields += [""] * 6
    out = b""
    for f in fields:
        raw = f.encode()
        out += str(len(raw)).encode() + b":" + raw + b","
    return out


def split(n):
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def root(leaves):
    if not leaves:
        return sha(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return sha(b"\x01" + root(leaves[:k]) + root(leaves[k:]))


def path(i, leaves):
    if len(leaves) == 1:
        return b""
    k = split(len(leaves))
    if i < k:
        return path(i, leaves[:k]) + root(leaves[k:])
    return path(i - k, leaves[k:]) + root(leaves[:k])


rows = []
with open(sys.argv[1], encoding="utf-8") as plan:
    for line in plan:
        if line.startswith('{"n":'):
            rows.append(json.loads(line))
leaves = [sha(b"\x00" + (contents(r) if r["s"] == "pay" else b"")) for r in rows]
print(root(leaves).hex())
for i, r in enumerate(rows):
    if r["s"] == "pay":
        print(r["n"], path(i, leaves).hex())
