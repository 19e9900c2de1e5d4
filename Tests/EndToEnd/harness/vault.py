"""The vault's file as anybody can read it who has no key: what stands there in clear."""

import os
import secrets
import struct
from dataclasses import dataclass

KINDS = {1: "session", 2: "removal", 3: "refresh-started", 4: "refresh-ended", 5: "answer"}


def _table():
    values = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        values.append(value)
    return values


_TABLE = _table()


def checksum(data):
    """CRC-32C (RFC 3720 appendix B.4)."""
    register = 0xFFFFFFFF
    for byte in data:
        register = register >> 8 ^ _TABLE[(register ^ byte) & 255]
    return register ^ 0xFFFFFFFF


def give_key_file(home):
    """Has the home keep its sessions under a key that `cat` prints; before the first account."""
    path = home.root / "vault-key"
    path.write_text(secrets.token_hex(32) + "\n")
    path.chmod(0o600)
    home.vault = f"command = cat {path}"
    return path


@dataclass
class Record:
    """One record of the log; what is sealed stays so."""

    sequence: int
    kind: str
    name: str
    start: int
    end: int


class Vault:
    """The files of a home's vault."""

    def __init__(self, home):
        self.folder = home.folder / ".local" / "state" / "sallyport"
        self.path = self.folder / "vault"
        self.lock = self.folder / "vault.lock"

    @property
    def bytes(self):
        return self.path.read_bytes()

    @property
    def header_length(self):
        return self.bytes.index(b"\n\n") + 2

    @property
    def header(self):
        """The lines of the header, in their order."""
        lines = self.bytes[:self.header_length - 2].decode().split("\n")
        return dict(line.split("=", 1) for line in lines)

    def with_header(self, **changes):
        """The file with another header, whose checksum is right."""
        header = {**self.header, **changes}
        del header["checksum"]
        text = "".join(f"{key}={value}\n" for key, value in header.items()).encode()
        rest = self.bytes[self.header_length:]
        return text + f"checksum={checksum(text):08x}\n\n".encode() + rest

    @property
    def records(self):
        """The records; what is behind the last right one is not told."""
        return records_of(self.bytes, self.header_length)

    def kinds(self, name="work"):
        """What the records of one account are, in their order."""
        return [record.kind for record in self.records if record.name == name]

    def put(self, data):
        """Puts other bytes in the vault's place, in a file of its own."""
        other = self.folder / "other"
        descriptor = os.open(other, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        other.rename(self.path)

    def others(self):
        """What lies beside the vault, and is of it."""
        return sorted(path.name for path in self.folder.iterdir() if "vault" in path.name)


def records_of(data, start):
    """The records from `start` on, up to the first that is not right."""
    found = []
    while data[start:start + 4] == b"SPR1" and start + 18 <= len(data):
        length, sequence, kind, name_length = struct.unpack_from("<IQBB", data, start + 4)
        end = start + length
        if end > len(data) or struct.unpack_from("<I", data, end - 4)[0] != checksum(
                data[start:end - 4]):
            break
        name = data[start + 18:start + 18 + name_length].decode()
        found.append(Record(sequence, KINDS[kind], name, start, end))
        start = end
    return found


def frame(sequence, kind, name, sealed):
    """A record whose checksum is right, whatever is in it."""
    text = b"SPR1" + struct.pack(
        "<IQBB", 22 + len(name) + len(sealed), sequence, kind, len(name)) + name.encode() + sealed
    return text + struct.pack("<I", checksum(text))
