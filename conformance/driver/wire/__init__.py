"""One attempt on the wire: the request, the transport, the answer within bounds."""
