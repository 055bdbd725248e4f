"""What reports are written through: the masking of `conformance.secrets`, for whatever brings one to light again."""

from __future__ import annotations

from conformance.secrets import Secrets


class Redactor:
    """Masks the secrets that a run holds, or a key alone; without any, nothing."""

    def __init__(self, held: Secrets | str | None) -> None:
        self._secrets = held if isinstance(held, Secrets) else Secrets([held] if held else [])

    def __call__(self, text: str) -> str:
        """`text` without the secrets."""
        return self._secrets.mask(text)

    def line(self, text: str) -> str:
        """A line of a record without the secrets: still JSON."""
        return self._secrets.mask_json(text)

    def found(self, text: str) -> bool:
        """Whether a secret is in `text` in any of its forms."""
        return self._secrets.found(text)
