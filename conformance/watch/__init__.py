"""A recording reverse proxy: any client is pointed at it instead of the DDS, and what passes by becomes a history.

The proxy is the client as the target sees it: an operation begins before its request is sent upstream and ends after
the last byte of the answer came, so its interval needs no widening. One lane of the proxy is one session, with one
connection of its own to each host.
"""
