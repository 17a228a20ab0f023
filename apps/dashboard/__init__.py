"""The bank's web client. It owns no data and imports no context.

It asks the HTTP API and the socket. `web/` is its source, `dist/` what is built of it; Python here
does no more than hand the page out.
"""
