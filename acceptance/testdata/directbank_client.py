#!/usr/bin/env python3
"""A customer's program that speaks DirectBank 2.3.2, written from the standard alone.

It shares no code with epgu: Python's standard library, openssl with its GOST engine for
signatures and for the session's id, xmllint for the schema. It takes one JSON object on
standard input and prints what it saw as JSON. Anything that is not as the standard says
ends it with a message.
"""
import base64
import io
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
import xml.etree.ElementTree as ET
import zipfile
import zlib
from datetime import datetime

NS = "http://directbank.1c.ru/XMLSchema"
BOM = b"\xef\xbb\xbf"
ET.register_namespace("", NS)


def q(name):
    return "{%s}%s" % (NS, name)


class Refused(Exception):
    def __init__(self, code, words):
        super().__init__("%s %s" % (code, words))
        self.code = code


def need(condition, words):
    if not condition:
        raise SystemExit("not as the standard says: " + words)


class Bank:
    def __init__(self, o):
        self.o, self.base = o, o["address"].rstrip("/")
        self.version, self.customer, self.sid = "2.1.1", "0", None
        self.dir = tempfile.mkdtemp(dir=o["dir"])
        self.rules, self.seen, self.checked, self.compress = {}, set(), 0, False
        self.mark, self.came = None, []

    # -- the wire

    def valid(self, raw):
        """Holds a message against the schema."""
        need(raw.startswith(BOM) or raw.lstrip().startswith(b"<"), "a message begins with %r" % raw[:8])
        path = os.path.join(self.dir, "message.xml")
        with open(path, "wb") as f:
            f.write(raw)
        run = subprocess.run(["xmllint", "--noout", "--schema", self.o["schema"], path], capture_output=True)
        need(run.returncode == 0, run.stderr.decode()[:2000] + raw.decode()[:2000])
        self.checked += 1
        return ET.fromstring(raw[len(BOM):] if raw.startswith(BOM) else raw)

    def call(self, method, name, body=None, query="", **headers):
        h = {"CustomerID": self.customer, "APIVersion": self.version}
        if self.sid:
            h["SID"] = self.sid
        h.update({k.replace("_", "-"): v for k, v in headers.items()})
        if method == "POST":
            h["Content-Type"] = "application/xml; charset=utf-8"
            body = body or b""
        r = urllib.request.Request(self.base + "/" + name + query, data=body, headers=h, method=method)
        try:
            with urllib.request.urlopen(r, timeout=60) as a:
                raw, status = a.read(), a.status
        except urllib.error.HTTPError as e:
            need(e.code == 426, "status %d: %s" % (e.code, e.read()[:500]))
            raise Refused("426", e.read().decode())
        need(status == 200, "status %d" % status)
        root = self.valid(raw)
        need(root.tag == q("ResultBank"), "the answer is " + root.tag)
        bad = root.find(q("Error"))
        if bad is not None:
            raise Refused(bad.findtext(q("Code")), bad.findtext(q("Description")) + " " + (bad.findtext(q("MoreInfo")) or ""))
        return root.find(q("Success"))[0]

    # -- signing in

    def logon(self):
        basic = base64.b64encode((self.o["login"] + ":" + self.o["password"]).encode()).decode()
        a = self.call("POST", "Logon", Authorization="Basic " + basic, AvailableAPIVersion="2.3.2")
        need(a.tag == q("LogonResponse"), a.tag)
        self.sid = a.findtext(q("SID"))
        if a.find(q("ExtraAuth")) is not None:
            code = subprocess.run(self.o["otp"], shell=True, capture_output=True, check=True).stdout.decode().strip()
            a = self.call("POST", "LogonOTP", OTP=code)
            self.sid = a.findtext(q("SID"))

    def logon_cert(self):
        crt = self.o["certificate"]
        der = subprocess.run(["openssl", "x509", "-in", crt, "-outform", "DER"], capture_output=True, check=True).stdout
        said = subprocess.run(["openssl", "x509", "-in", crt, "-noout", "-serial", "-issuer", "-nameopt", "sep_multiline,utf8,-esc_msb"], capture_output=True, check=True).stdout.decode()
        serial = said.split("serial=")[1].split("\n")[0].strip()
        issuer = [line.strip()[3:] for line in said.split("\n") if line.strip().startswith("CN=")][0]
        root = self.root("X509Data", str(uuid.uuid4()))
        ET.SubElement(root, q("X509IssuerName")).text = issuer
        ET.SubElement(root, q("X509SerialNumber")).text = serial
        ET.SubElement(root, q("X509Certificate")).text = base64.b64encode(der).decode()
        self.sid = None
        a = self.call("POST", "LogonCert", body=self.write(root), AvailableAPIVersion="2.3.2")
        need(a.tag == q("LogonCertResponse"), a.tag)
        enveloped = base64.b64decode(a.findtext(q("EncryptedSID")))
        sid = subprocess.run(["openssl", "cms", "-decrypt", "-engine", "gost", "-inform", "DER", "-recip", crt, "-inkey", self.o["key"]], input=enveloped, capture_output=True, check=True).stdout
        self.sid = (sid[len(BOM):] if sid.startswith(BOM) else sid).decode().strip()

    def settings(self):
        a = self.call("POST", "GetSettings", Inn=self.o["inn"], Bic=self.o["bic"], Account=self.o["account"], AvailableAPIVersion="2.3.2")
        data = a.find(q("Data"))
        need(a.tag == q("GetSettingsResponse") and data.get("dockind") == "06", a.tag)
        raw = base64.b64decode(data.text)
        need(raw.startswith(BOM), "the settings have no mark")
        s = self.valid(raw)
        d = s.find(q("Data"))
        self.customer, self.version = d.findtext(q("CustomerID")), d.findtext(q("FormatVersion"))
        self.base = d.findtext(q("BankServerAddress")).rstrip("/")
        self.compress = (d.findtext(q("Compress")) or "false") in ("true", "1")
        for k in d.findall(q("Document")):
            self.rules[k.get("docKind")] = k.findtext(q("Signed") + "/" + q("RuleSignatures")) or ""
        need(self.version == "2.3.2", "version " + self.version)
        return d

    # -- documents

    def root(self, name, id):
        return ET.Element(q(name), {"id": id, "formatVersion": self.version, "creationDate": datetime.now().strftime("%Y-%m-%dT%H:%M:%S"), "userAgent": "outside/1"})

    def write(self, root):
        raw = BOM + b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="utf-8")
        self.valid(raw)
        return raw

    def sides(self, root, wrapped=False):
        s, r = ET.SubElement(root, q("Sender")), ET.SubElement(root, q("Recipient"))
        if wrapped:
            s, r = ET.SubElement(s, q("Customer")), ET.SubElement(r, q("Bank"))
        s.set("id", self.customer)
        s.set("inn", self.o["inn"])
        r.set("bic", self.o["bic"])

    def sign(self, raw):
        """One detached CMS over exactly these bytes."""
        path = os.path.join(self.dir, "content")
        with open(path, "wb") as f:
            f.write(raw)
        return subprocess.run(["openssl", "cms", "-engine", "gost", "-sign", "-binary", "-cades", "-in", path, "-signer", self.o["certificate"], "-inkey", self.o["key"], "-md", "md_gost12_256", "-outform", "DER"],
                              capture_output=True, check=True).stdout

    def envelope(self, kind, id, root):
        raw = self.write(root)
        d = ET.Element(q("Document"), {"id": id, "dockind": kind, "formatVersion": self.version})
        signature = None
        if "1" in self.rules[kind]:
            said = subprocess.run(["openssl", "x509", "-in", self.o["certificate"], "-noout", "-serial", "-issuer", "-nameopt", "sep_multiline,utf8,-esc_msb"], capture_output=True, check=True).stdout.decode()
            signature = ET.Element(q("Signature"), {"x509IssuerName": [line.strip()[3:] for line in said.split("\n") if line.strip().startswith("CN=")][0],
                                                    "x509SerialNumber": said.split("serial=")[1].split("\n")[0].strip()})
            ET.SubElement(signature, q("SignedData")).text = base64.b64encode(self.sign(raw)).decode()
        if self.compress:
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
                z.writestr(id + ".xml", raw)
            raw = out.getvalue()
            d.set("compressed", "true")
        ET.SubElement(d, q("Data")).text = base64.b64encode(raw).decode()
        if signature is not None:
            d.append(signature)
        return d

    def pack(self, *documents):
        p = self.root("Packet", str(uuid.uuid4()))
        self.sides(p, wrapped=True)
        p.extend(documents)
        return p.get("id"), self.write(p)

    def send(self, packet):
        a = self.call("POST", "SendPack", body=packet)
        need(a.tag == q("SendPacketResponse"), a.tag)
        return a.findtext(q("ID"))

    def fetch(self):
        """Fetches what is new: (kind, the document's element) for each."""
        query = ""
        if self.mark:
            query = "?date=" + urllib.parse.quote(datetime.strptime(self.mark[:19], "%Y-%m-%dT%H:%M:%S").strftime("%d.%m.%Y %H:%M:%S"), safe="")
        a = self.call("GET", "GetPackList", query=query)
        need(a.tag == q("GetPacketListResponse"), a.tag)
        out = []
        for id in [e.text for e in a.findall(q("PacketID"))]:
            if id in self.seen:
                continue
            self.seen.add(id)
            p = self.call("GET", "GetPack", query="?id=" + urllib.parse.quote(id, safe=""))
            need(p.tag == q("GetPacketResponse"), p.tag)
            for d in p.findall(q("Document")):
                raw = base64.b64decode(d.findtext(q("Data")))
                if d.get("compressed") in ("true", "1"):
                    with zipfile.ZipFile(io.BytesIO(raw)) as z:
                        raw = z.read(z.namelist()[0])
                need(raw.startswith(BOM), "a document of the bank has no mark")
                root = self.valid(raw)
                need(root.get("id") == d.get("id"), "the ids of a document inside and outside")
                out.append((d.get("dockind"), root))
        self.mark = a.get("TimeStampLastPacket") or self.mark
        return out

    def until(self, words, wanted):
        """Fetches until wanted finds something in all that has come."""
        end = time.monotonic() + 60
        while True:
            for kind, root in self.came:
                found = wanted(kind, root)
                if found is not None:
                    return found
            need(time.monotonic() < end, words + " does not come: " + " ".join(k for k, _ in self.came))
            news = self.fetch()
            self.came += news
            if not news:
                time.sleep(0.3)

    def notice(self, ext, codes, request=None):
        """Waits for a notice about a document with one of these codes."""
        def wanted(kind, root):
            if kind != "02" or root.findtext(q("ExtID")) != ext:
                return None
            if request is not None and root.findtext(q("ExtIDStatusRequest")) != request:
                return None
            r = root.find(q("Result"))
            code = r.findtext(q("Status") + "/" + q("Code")) or r.findtext(q("Error") + "/" + q("Code"))
            return code if code in codes else None
        return self.until("a notice %s about %s" % (codes, ext), wanted)

    def small(self, kind, name, *children, ext=None):
        id = str(uuid.uuid4())
        root = self.root(name, id)
        self.sides(root)
        if ext:
            ET.SubElement(root, q("ExtID")).text = ext
        root.extend(children)
        self.send(self.pack(self.envelope(kind, id, root))[1])
        return id

    def order(self, number):
        o, id = self.o["order"], str(uuid.uuid4())
        root = self.root("PayDocRu", id)
        self.sides(root)
        d = ET.SubElement(root, q("Data"))

        def put(parent, name, text):
            ET.SubElement(parent, q(name)).text = text
        put(d, "DocNo", number)
        put(d, "DocDate", self.o["day"])
        put(d, "Sum", "%d.%02d" % divmod(o["kopecks"], 100))
        payer = ET.SubElement(d, q("Payer"))
        put(payer, "Name", "ООО «Учебная ромашка»")
        put(payer, "INN", self.o["inn"])
        put(payer, "Account", self.o["account"])
        put(ET.SubElement(payer, q("Bank")), "BIC", self.o["bic"])
        payee = ET.SubElement(d, q("Payee"))
        put(payee, "Name", o["payee"])
        put(payee, "INN", o["inn"])
        put(payee, "KPP", o["kpp"])
        put(payee, "Account", o["account"])
        at = ET.SubElement(payee, q("Bank"))
        put(at, "BIC", o["bik"])
        put(at, "CorrespAcc", o["corr"])
        for name, text in (("TransitionKind", "01"), ("Priority", "5"), ("Code", o["uin"]), ("Purpose", o["purpose"])):
            put(d, name, text)
        b = ET.SubElement(d, q("BudgetPaymentInfo"))
        for name, text in (("DrawerStatus", "08"), ("CBC", o["kbk"]), ("OKTMO", o["oktmo"]), ("Reason", "0"), ("TaxPeriod", "0"), ("DocNo", "0"), ("DocDate", "0")):
            put(b, name, text)
        return id, root

    def statement(self, kind):
        d = ET.Element(q("Data"))
        for name, text in (("StatementType", kind), ("DateFrom", self.o["day"] + "T00:00:00"), ("DateTo", self.o["day"] + "T23:59:59"), ("Account", self.o["account"])):
            ET.SubElement(d, q(name)).text = text
        ET.SubElement(ET.SubElement(d, q("Bank")), q("BIC")).text = self.o["bic"]
        return self.small("14", "StatementRequest", d)

    def stated(self, id):
        return self.until("a statement", lambda k, r: r if k == "15" and r.findtext(q("ExtIDStatementRequest")) == id else None)

    def letter(self, about):
        id, file = str(uuid.uuid4()), "Основание платежа.\n".encode()
        root = self.root("Letter", id)
        self.sides(root, wrapped=True)
        d = ET.SubElement(root, q("Data"), {"correspondenceID": id})
        for name, text in (("DocNum", "1"), ("DocDate", self.o["day"]), ("LetterTypeCode", "01"), ("Theme", "Поручение"), ("Text", "Основание во вложении.")):
            ET.SubElement(d, q(name)).text = text
        f = ET.SubElement(ET.SubElement(d, q("Attachment")), q("BinaryFile"), {"id": str(uuid.uuid4()), "name": "основание.txt", "extension": "txt", "size": str(len(file)),
                                                                                "crc": str(zlib.crc32(file)), "creationDate": root.get("creationDate")})
        f.text = base64.b64encode(file).decode()
        ET.SubElement(d, q("LinkedDoc"), {"id": about, "dockind": "10"})
        self.send(self.pack(self.envelope("40", id, root))[1])
        return id


def refused(code, call):
    try:
        call()
    except Refused as e:
        need(e.code == code, "the error is %s, not %s" % (e, code))
        return
    raise SystemExit("not as the standard says: no error %s" % code)


def main():
    o = json.load(sys.stdin)
    b = Bank(o)
    refused("1002", lambda: b.call("POST", "Logon"))
    refused("1002", lambda: b.call("GET", "GetPackList"))
    b.version = "9.9.9"
    refused("426", lambda: b.call("POST", "Logon"))
    b.version = "2.1.1"
    b.logon()
    d = b.settings()
    way = d.find(q("Logon"))[0].tag.split("}")[1]
    if way == "Certificate":
        refused("1007", lambda: b.call("GET", "GetPackList"))
        b.logon_cert()
    b.fetch()

    probe = b.small("05", "Probe")
    id, root = b.order(o["number"])
    packet_id, packet = b.pack(b.envelope("10", id, root))
    bank_id = b.send(packet)
    refused("2002", lambda: b.send(packet))
    early = b.small("03", "StatusRequest", ext=id)
    stranger = b.small("03", "StatusRequest", ext=str(uuid.uuid4()))
    b.notice(probe, ("01",))

    def packet_notice(kind, root):
        if kind == "01" and root.findtext(q("IDResultSuccessResponse")) == bank_id and root.findtext(q("ExtIDPacket")) == packet_id:
            return root.findtext(q("Result") + "/" + q("Status") + "/" + q("Code"))
    need(b.until("a notice of the packet", packet_notice) == "01", "the packet")
    b.notice(id, ("01", "02"), request=early)
    b.notice(stranger, ("2207",), request=stranger)
    end = time.monotonic() + 60
    while True:
        asked = b.small("03", "StatusRequest", ext=id)
        if b.notice(id, ("01", "02"), request=asked) == "02":
            break
        need(time.monotonic() < end, "the order is not executed")
    recall = b.small("04", "CancelationRequest", ext=id)
    final, today, balance, letter = b.statement("0"), b.statement("1"), b.statement("2"), b.letter(id)

    s = b.stated(final).find(q("Data"))
    ours = [x for x in s.findall(q("OperationInfo")) if x.findtext(q("ExtID")) == id]
    need(len(ours) == 1 and ours[0].findtext(q("DC")) == "1", "%d operations of the order" % len(ours))
    kop = lambda name: round(100 * float(s.findtext(q(name)) or 0))
    need(kop("OpeningBalance") + kop("TotalCredits") - kop("TotalDebits") == kop("ClosingBalance"), "the balances do not add up")
    need(b.stated(today).findtext(q("Data") + "/" + q("StatementType")) == "1", "an intermediate statement")
    only = b.stated(balance).find(q("Data"))
    need(only.find(q("OperationInfo")) is None and only.findtext(q("ClosingBalance")) == s.findtext(q("ClosingBalance")), "the balance")
    need(b.notice(id, ("02", "05"), request=recall) == "02", "a recall of what is executed")
    b.notice(letter, ("01",))
    json.dump({"order": id, "way": way, "validated": b.checked, "signed": "1" in b.rules["10"], "zipped": b.compress, "number": o["number"]}, sys.stdout)


if __name__ == "__main__":
    main()
