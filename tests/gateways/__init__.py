"""Gateways of others in front of the mock: what the suite says of them, and what differs from the mock itself."""
