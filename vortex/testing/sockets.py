"""A person's socket, without the socket: their stream is kept from the first look on."""

import asyncio
from uuid import UUID

import redis.asyncio
from django.conf import settings

from vortex.realtime.stream import Pushed, read


async def look(user_id: UUID) -> tuple[Pushed, ...]:
    """Look at a person's stream as their open socket does; return what is in it."""
    async with redis.asyncio.Redis.from_url(settings.VORTEX_CACHE_URL) as client:
        return (await read(client, user_id, after=0)).events


def heard(user_id: UUID) -> tuple[Pushed, ...]:
    """Do the same where there is no event loop."""
    return asyncio.run(look(user_id))
