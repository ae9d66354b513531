r"""The history on disk: JSON lines, written while a run goes on, read strictly afterwards.

A history of ours opens with a header and closes with an end; a mutation is announced before it is sent, so that one
whose end is missing is known to be indeterminate. A foreign recording (the deployed service's) is operations alone.
Times are nanoseconds of one monotonic clock. Lines are UTF-8 and end at ``\n`` alone, whatever else Unicode takes for
the end of a line; blank lines, a byte order mark and a ``\r`` before the ``\n`` are passed over, and packed files are
unpacked.
"""

from conformance.history.decode import decode
from conformance.history.encode import encode, encode_begin, encode_end, encode_header
from conformance.history.entries import FORMAT, Begun, End, Entry, Header, unfinished
from conformance.history.read import lines, read

__all__ = [
    "FORMAT",
    "Begun",
    "End",
    "Entry",
    "Header",
    "decode",
    "encode",
    "encode_begin",
    "encode_end",
    "encode_header",
    "lines",
    "read",
    "unfinished",
]
