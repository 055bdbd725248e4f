"""Conformance suite for the Qwen-Omni-Realtime WebSocket protocol."""

__version__ = "0.1.0"
