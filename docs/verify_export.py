#!/usr/bin/env python3
"""Verifies an export of the log, with nothing but Python 3.8 or newer and docs/export-format.md.

    python3 verify_export.py FILE [--key PUBLIC]

PUBLIC is the public key that you trust: 64 hex digits, or its PEM file. Exit code 0: the file is as it was written, and
with --key also signed by that key. Exit code 7: it is not; the line is named. It shares no code with the program that
wrote the file, and reads one line at a time.
"""

import base64
import datetime
import hashlib
import json
import os
import re
import struct
import sys


class Broken(Exception):
    """The file is not what was written."""


def need(condition, problem):
    if not condition:
        raise Broken(problem)


# --- CRC32C (Castagnoli), as in the header of a record ---------------------------------------------------------------

CRC_TABLE = []
for value in range(256):
    for _ in range(8):
        value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
    CRC_TABLE.append(value)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = CRC_TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


# --- CBOR (RFC 8949), as far as records use it -----------------------------------------------------------------------

class NoJson(Exception):
    """The bytes are no CBOR item, or one that JSON cannot show."""


BREAK = object()


class Cbor:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if self.at + count > len(self.data):
            raise NoJson("it ends too early")
        self.at += count
        return self.data[self.at - count:self.at]

    def head(self):
        first = self.take(1)[0]
        major, info = first >> 5, first & 31
        if info < 24:
            return major, info, info
        if info <= 27:
            return major, info, int.from_bytes(self.take(1 << (info - 24)), "big")
        if info == 31:
            return major, info, None
        raise NoJson("a reserved length")

    def item(self, depth=0):
        """One item as the value that json.loads gives for its readable form."""
        if depth > 64:
            raise NoJson("nested too deep")
        major, info, value = self.head()
        if major == 7:
            return self.simple(info, value)
        if value is None and major not in (4, 5):
            raise NoJson("a text or byte string in parts")
        if major == 0:
            return value
        if major == 1:
            return -1 - value
        if major == 2:
            return {"$bytes": base64.b64encode(self.take(value)).decode()}
        if major == 3:
            return self.text(value)
        if major == 4:
            return list(self.items(value, depth))
        if major == 5:
            return self.map(value, depth)
        return {"$tag": value, "value": self.plain(depth)}

    def simple(self, info, value):
        if info in (25, 26, 27):
            code = {25: ">e", 26: ">f", 27: ">d"}[info]
            number = struct.unpack(code, self.data[self.at - (1 << (info - 24)):self.at])[0]
            if number != number or number in (float("inf"), float("-inf")):
                raise NoJson("a number that JSON does not have")
            return number
        if info == 31:
            return BREAK
        if info in (20, 21, 22):
            return {20: False, 21: True, 22: None}[info]
        raise NoJson("a simple value that JSON does not have")

    def plain(self, depth):
        value = self.item(depth + 1)
        if value is BREAK:
            raise NoJson("a break without a beginning")
        return value

    def text(self, length):
        try:
            return self.take(length).decode("utf-8")
        except UnicodeDecodeError:
            raise NoJson("a text that is not UTF-8")

    def items(self, count, depth):
        while count is None or count > 0:
            value = self.item(depth + 1)
            if value is BREAK:
                if count is None:
                    return
                raise NoJson("a break without a beginning")
            yield value
            count = None if count is None else count - 1

    def map(self, count, depth):
        shown = {}
        while count is None or count > 0:
            if count is None and self.data[self.at:self.at + 1] == b"\xff":
                self.at += 1
                return shown
            name = self.plain(depth)
            if not isinstance(name, str) or name in shown:
                raise NoJson("a name that is no text, or stands twice")
            shown[name] = self.plain(depth)
            count = None if count is None else count - 1
        return shown

    # The parts of a record itself, where nothing else may stand.

    def exactly(self, major, what):
        found, _, value = self.head()
        need(found == major and value is not None, "the record's %s is not what it should be" % what)
        return value

    def record_text(self, what):
        return self.text(self.exactly(3, what))

    def record_int(self, what):
        major, _, value = self.head()
        need(major in (0, 1) and value is not None, "the record's %s is no number" % what)
        return value if major == 0 else -1 - value


def shown(content):
    """The readable form of an event's data."""
    reader = Cbor(content)
    try:
        value = reader.item()
        if value is not BREAK and reader.at == len(content):
            return value
    except NoJson:
        pass
    return {"$cbor": base64.b64encode(content).decode()}


def moment(millis):
    """RFC 3339 with milliseconds; None outside the years that Python knows."""
    try:
        at = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=millis)
    except OverflowError:
        return None
    return at.strftime("%Y-%m-%dT%H:%M:%S.").rjust(20, "0") + "%03dZ" % (at.microsecond // 1000)


def decode_record(data):
    """A record's bytes: its first position, the hash it names, and its events in readable form."""
    need(len(data) >= 8 and data[:3] == b"WFR", "the record does not begin with WFR")
    need(data[3] == 1, "the record has format %d, this script reads 1" % data[3])
    need(int.from_bytes(data[4:8], "big") == crc32c(data[8:]), "the record's checksum is wrong")
    reader = Cbor(data[8:])
    try:
        need(reader.exactly(4, "outer array") == 3, "the record has not three parts")
        first = reader.exactly(0, "position")
        previous = reader.take(reader.exactly(2, "hash"))
        need(len(previous) == 32, "the record's hash has not 32 bytes")
        events = [decode_event(reader, first + i) for i in range(reader.exactly(4, "list of events"))]
    except NoJson as error:
        raise Broken("the record cannot be read: %s" % error)
    need(events, "the record has no events")
    need(reader.at == len(reader.data), "there are bytes behind the record")
    return first, previous.hex(), events


def decode_event(reader, position):
    need(reader.exactly(4, "event") == 7, "an event has not seven parts")
    event = {
        "position": position,
        "stream": reader.record_text("stream"),
        "version": reader.exactly(0, "version"),
        "kind": reader.record_text("kind"),
        "schema": reader.exactly(0, "schema"),
        "recorded_at": reader.record_int("recorded_at"),
    }
    need(reader.exactly(4, "cause") == 3, "a cause has not three parts")
    for name in ("input", "key", "actor"):
        event[name] = reader.record_text(name)
    need(reader.exactly(6, "tag") == 24, "an event's data has not tag 24")
    event["data"] = shown(reader.take(reader.exactly(2, "data")))
    return event


# --- Ed25519 (RFC 8032, section 5.1): verification only --------------------------------------------------------------

P = 2 ** 255 - 19
Q = 2 ** 252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def point_add(a, b):
    m, n = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    o, t = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = n - m, t - o, t + o, n + m
    return e * f % P, g * h % P, f * g % P, e * h % P


def point_mul(count, point):
    total = (0, 1, 1, 0)
    while count > 0:
        if count & 1:
            total = point_add(total, point)
        point, count = point_add(point, point), count >> 1
    return total


def point_read(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = point_read((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def signature_fits(key, message, signature):
    public, nonce = point_read(key), point_read(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or public is None or nonce is None or scalar >= Q:
        return False
    hashed = hashlib.sha512(signature[:32] + key + message).digest()
    a = point_mul(scalar, BASE)
    b = point_add(nonce, point_mul(int.from_bytes(hashed, "little") % Q, public))
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def check_signed(signed, message, trusted, what):
    need(set(signed) == {"key", "signature"}, "%s: the signature has other fields" % what)
    key, signature = signed["key"], signed["signature"]
    for text, length in ((key, 64), (signature, 128)):
        need(len(text) == length and set(text) <= set("0123456789abcdef"), "%s: not lower-case hex" % what)
    need(trusted in (None, key), "%s is signed by the key %s, not by %s" % (what, key, trusted))
    fits = signature_fits(bytes.fromhex(key), message.encode("ascii"), bytes.fromhex(signature))
    need(fits, "%s: the signature does not fit" % what)


def check_signed_head(signed, trusted):
    need(set(signed) == {"version", "next", "hash", "at", "signed"}, "the signed head has other fields")
    need(signed["version"] == 1, "the signed head has an unknown version")
    message = "workflow-head 1\nnext %d\nhash %s\nat %s\n" % (signed["next"], signed["hash"], signed["at"])
    check_signed(signed["signed"], message, trusted, "the signed head")


# --- The file --------------------------------------------------------------------------------------------------------

FIELDS = {
    "header": "format version made_at made_by asked_by next hash signed_head machines",
    "cursor": "name value",
    "record": "first hash bytes events",
    "trailer": "records events cursors next hash at sha256 signed",
}


def once(pairs):
    need(len({name for name, _ in pairs}) == len(pairs), "a name stands twice")
    return dict(pairs)


def parse(raw):
    need(raw.endswith(b"\n"), "the line is cut off: the end of the file is missing")
    try:
        line = json.loads(raw.decode("utf-8"), object_pairs_hook=once)
    except ValueError as error:
        raise Broken("it is no JSON: %s" % error)
    need(isinstance(line, dict) and len(line) == 1, "it is no line of an export")
    (kind, fields), = line.items()
    need(kind in FIELDS and isinstance(fields, dict), "it is no line of an export")
    need(set(fields) == set(FIELDS[kind].split()), "the %s has other fields" % kind)
    if kind in ("cursor", "trailer"):
        written = json.dumps(line, separators=(",", ":"), ensure_ascii=False)
        need(written.encode("utf-8") + b"\n" == raw, "it is not written as the format says")
    if kind == "record":
        outside_of_texts = re.sub(rb'"(?:[^"\\]|\\.)*"', b"", raw[:-1])
        need(len(outside_of_texts.split()) == 1, "it is not written as the format says: it has spaces")
    return kind, fields


class File:
    def __init__(self, header, trusted):
        need((header["format"], header["version"]) == ("workflow-export", 1), "an unknown format or version")
        self.header, self.trusted = header, trusted
        self.next, self.hash = 0, "0" * 64
        self.records, self.cursors, self.last_cursor = 0, 0, None
        self.versions = {}
        self.signed = header["signed_head"]
        if self.signed is not None:
            check_signed_head(self.signed, trusted)
            self.pass_signed()

    def pass_signed(self):
        if self.signed is not None and self.next >= self.signed["next"]:
            here = (self.next, self.hash) == (self.signed["next"], self.signed["hash"])
            need(here, "the log was signed to end at %d: this is another history" % self.signed["next"])
            self.signed = None

    def cursor(self, fields):
        need(self.next == 0, "a cursor stands behind records")
        need(self.last_cursor is None or self.last_cursor < fields["name"].encode(), "the cursors are not in order")
        base64.b64decode(fields["value"], validate=True)
        self.cursors, self.last_cursor = self.cursors + 1, fields["name"].encode()

    def record(self, fields):
        data = base64.b64decode(fields["bytes"], validate=True)
        first, previous, events = decode_record(data)
        need(first == self.next == fields["first"], "a record at %d where %d is expected" % (first, self.next))
        need(previous == self.hash, "the record follows another one than the one before it")
        self.hash, self.next = hashlib.sha256(data).hexdigest(), first + len(events)
        need(fields["hash"] == self.hash, "the hash beside the record is not that of its bytes")
        need(self.next <= self.header["next"], "the log goes on behind the end that the header names")
        need(len(fields["events"]) == len(events), "the readable part has another number of events")
        for event, said in zip(events, fields["events"]):
            expected = self.versions.get(event["stream"], 0) + 1
            need(event["version"] == expected, "event %d has the wrong version in its stream" % event["position"])
            self.versions[event["stream"]] = expected
            at = moment(event["recorded_at"])
            event["at"] = said.get("at") if at is None else at
            # As text, so that 1, 1.0 and true are three things.
            need(json.dumps(event, sort_keys=True) == json.dumps(said, sort_keys=True),
                 "the readable part of event %d does not say what its bytes say" % event["position"])
        self.records += 1
        self.pass_signed()

    def trailer(self, fields, sha256):
        end = (self.header["next"], self.header["hash"])
        need((self.next, self.hash) == end, "the log ends at %d, the header says %d" % (self.next, end[0]))
        need(self.signed is None, "the log was signed to reach further: its tail was cut")
        counts = (fields["records"], fields["events"], fields["cursors"])
        need(counts == (self.records, self.next, self.cursors), "the trailer's counts are not those of the file")
        need((fields["next"], fields["hash"]) == end, "the trailer names another end than the header")
        need(fields["at"] == self.header["made_at"], "the trailer names another moment than the header")
        need(fields["sha256"] == sha256, "the lines before the trailer have another SHA-256")
        signed = fields["signed"]
        if signed is not None:
            message = "workflow-export 1\nnext %d\nhash %s\nat %s\nsha256 %s\n" % (*end, fields["at"], sha256)
            check_signed(signed, message, self.trusted, "the export")
            return "signed by the key %s" % signed["key"]
        head = self.header["signed_head"]
        if head is not None:
            return "signed up to position %d by the key %s" % (head["next"], head["signed"]["key"])
        need(self.trusted is None, "the export is not signed")
        return "not signed: a cut tail would not show"


def verify(path, trusted):
    """Says what a good file holds; raises Broken with the line otherwise."""
    number, sha256, file = 0, hashlib.sha256(), None
    with open(path, "rb") as lines:
        try:
            for number, raw in enumerate(lines, 1):
                kind, fields = parse(raw)
                need((kind == "header") == (file is None), "the header must stand first, and once")
                if kind == "header":
                    file = File(fields, trusted)
                elif kind == "cursor":
                    file.cursor(fields)
                elif kind == "record":
                    file.record(fields)
                else:
                    said = file.trailer(fields, sha256.hexdigest())
                    need(lines.read(1) == b"", "there are lines behind the trailer")
                    return "%d events in %d records, head %s; made at %s; %s" % (
                        file.next, file.records, file.hash, fields["at"], said)
                sha256.update(raw)
            number += 1
            raise Broken("the file ends without a trailer: its end was cut off")
        except (Broken, ValueError, TypeError, KeyError, AttributeError) as error:
            raise Broken("line %d: %s" % (number, error))


def read_key(text):
    """A public key: 64 hex digits, or a PEM file."""
    if os.path.exists(text):
        with open(text, encoding="ascii") as file:
            text = file.read().strip()
    if text.startswith("-----BEGIN PUBLIC KEY-----"):
        der = base64.b64decode("".join(text.split("\n")[1:-1]))
        if len(der) == 44 and der[:12].hex() == "302a300506032b6570032100":
            return der[12:].hex()
    if len(text) == 64 and set(text) <= set("0123456789abcdef"):
        return text
    sys.exit("that is no ed25519 public key: 64 hex digits, or a PEM file")


def main(arguments):
    if len(arguments) not in (1, 3) or (len(arguments) == 3 and arguments[1] != "--key"):
        sys.exit(__doc__)
    trusted = read_key(arguments[2]) if len(arguments) == 3 else None
    try:
        print("good: " + verify(arguments[0], trusted))
    except Broken as error:
        print("NOT as it was written: %s" % error, file=sys.stderr)
        sys.exit(7)


if __name__ == "__main__":
    main(sys.argv[1:])
