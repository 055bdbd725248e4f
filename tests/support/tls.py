"""Certificates that nobody but the test trusts."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Authority:
    """A certificate that is its own authority, and its key, in files."""

    ca_file: Path
    key: Path

    def server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca_file, self.key)
        return context


def authority(folder: Path, *names: str) -> Authority:
    """A certificate for these names and addresses (default: what this machine calls itself)."""
    if shutil.which("openssl") is None:
        if os.environ.get("CI"):
            pytest.fail("openssl is missing")
        pytest.skip("needs openssl: apt-get install openssl")
    made = Authority(folder / "ca.pem", folder / "key.pem")
    subject = ",".join(
        f"{'IP' if _is_address(name) else 'DNS'}:{name}" for name in names or ("localhost", "127.0.0.1", "::1")
    )
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-days", "2", "-subj", "/CN=a test", "-addext", f"subjectAltName={subject}"),
            *("-addext", "keyUsage=critical,digitalSignature,keyCertSign"),
            *("-keyout", str(made.key), "-out", str(made.ca_file)),
        ],
        check=True,
        capture_output=True,
    )
    return made


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
