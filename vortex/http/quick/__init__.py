"""What is asked at rate and answered in front of Django, with the same words as behind it.

`wire` offers requests to doors before anything is made of them; `groups` answers many together;
`usual`, `admission`, `lines` and `access` are what the middleware and DRF do for a request, without
them; `reads` is the door of reads. Whatever is unusual about a request is left to Django.
"""
