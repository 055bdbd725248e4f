"""Where the schemas and the fixtures are: inside an installed wheel, or at the top of a checkout."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _folder(name: str) -> Path:
    packaged = _PACKAGE / "_data" / name
    return packaged if packaged.is_dir() else _PACKAGE.parent / name


def schemas() -> Path:
    """Return the folder that holds `client/`, `server/` and `common/` schemas."""
    return _folder("schemas")


def fixtures() -> Path:
    """Return the folder that holds `speech/`, `audio/`, `images/` and `manifest.json`."""
    return _folder("fixtures")


def package() -> Path:
    """Return the folder of the package itself."""
    return _PACKAGE
