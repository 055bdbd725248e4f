"""Why an endpoint could not be reached, in words that say what to do about it."""

from __future__ import annotations

import ssl

from websockets.uri import WebSocketURI

from conformance.wire.route import NoTunnel

NO_TLS = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE"}  # OpenSSL's reasons


def unreached(uri: WebSocketURI, error: OSError) -> str:
    """What kept TCP, TLS or the tunnel from coming about."""
    match error:
        case NoTunnel():
            return str(error)
        case ssl.SSLCertVerificationError():
            words = f"the certificate of {uri.host} is not trusted: {error.verify_message}"
            return f"TLS: {words}; --ca-file names an authority of your own"
        case ssl.SSLError() if error.reason in NO_TLS:
            return f"{uri.host}:{uri.port} speaks no TLS: is it ws:// and not wss://?"
        case ssl.SSLError():
            return f"TLS: {error}"
        case ConnectionError():
            # A server that does not know what a TLS hello is hangs up on it, and the error has no words.
            hung_up = "it hung up on the TLS hello: no TLS here?" if uri.secure else type(error).__name__
            return f"cannot reach {uri.host}:{uri.port}: {str(error) or hung_up}"
        case _:
            return f"cannot reach {uri.host}:{uri.port}: {error or type(error).__name__}"
