# The image of every process of the bank: web, worker, beat, relay, consumers. No compiler, no root.

FROM python:3.11-slim AS build
WORKDIR /build
COPY requirements/uv.txt requirements/prod.txt requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/uv.txt \
 && uv venv /opt/venv \
 && VIRTUAL_ENV=/opt/venv uv pip install --no-cache --require-hashes --compile-bytecode \
      -r requirements/prod.txt
# The dashboard, by the same command as everywhere; Node.js comes from its wheel and stays here.
COPY requirements/node.txt requirements/
COPY vortex vortex
COPY config config
COPY apps apps
RUN VIRTUAL_ENV=/opt/venv UV_NO_CACHE=1 PATH=/opt/venv/bin:$PATH python -m config.up.dashboard

FROM python:3.11-slim
RUN groupadd --system --gid 10001 vortex \
 && useradd --system --uid 10001 --gid vortex --no-create-home --home-dir /srv/vortex vortex
WORKDIR /srv/vortex
COPY --from=build /opt/venv /opt/venv
COPY manage.py ./
COPY vortex vortex
COPY config config
COPY apps apps
COPY --from=build /build/apps/dashboard/dist apps/dashboard/dist
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings.production \
    VORTEX_HOME=/srv/vortex/home
# Static files need no secret; the settings refuse to load without one, so this step has throw-aways.
RUN VORTEX_SECRET_KEY=build VORTEX_RPC_KEYS=build:build VORTEX_BROKER_URL=redis://build \
    VORTEX_CACHE_URL=redis://build python manage.py collectstatic --no-input --verbosity 0 \
      --ignore=manifest.json --ignore=manifest.json.*
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=3 \
  CMD ["python", "-m", "config.up.probe", "/health/live"]
CMD ["python", "-m", "uvicorn", "config.asgi:application", "--http=config.asgi:Protocol", "--lifespan=off", "--no-access-log", "--no-proxy-headers", \
     "--timeout-graceful-shutdown=10", "--host=0.0.0.0", "--port=8000"]
