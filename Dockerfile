# The production image: the locked packages, the code, static files already collected.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PIP_DISABLE_PIP_VERSION_CHECK=1 OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 MALLOC_ARENA_MAX=2 \
    HOST=0.0.0.0 LOG_FORMAT=json PROMETHEUS_MULTIPROC_DIR=/run/alertloop

RUN useradd --system --uid 10001 --create-home --home-dir /app alertloop \
    && install -d -o alertloop /run/alertloop
WORKDIR /app
COPY requirements.lock .
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock
COPY . .
RUN SECRET_KEY=only-while-building DATABASE_URL=postgresql://unused/unused \
    python manage.py collectstatic --noinput --verbosity 0
USER alertloop
EXPOSE 8000
CMD ["gunicorn", "--config", "python:config.gunicorn", "config.wsgi:application"]
