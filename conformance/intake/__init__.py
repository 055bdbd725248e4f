"""Recordings of any origin, read into transcripts: one small file for each form.

A form is recognised by its content.  What a recording does not show is declared on the transcript (`wire.gaps`) and
respected by whoever judges it; keys and, unless asked for, audio are taken out on the way in.
"""

from conformance.intake.connection import Unread
from conformance.intake.forms import connections, is_record

__all__ = ["Unread", "connections", "is_record"]
