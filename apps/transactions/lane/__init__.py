"""The posting lane: POST /api/transactions without Django, many requests in one commit.

It answers what it knows word for word as the API does, and hands everything else, broken requests
included, to the application behind it. config/asgi.py puts it there.
"""
