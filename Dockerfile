# A small image that judges: no root, and a root file system that may be read-only (`--read-only --tmpfs /tmp`).
#   docker build -t dds-conformance .
#   docker run --rm -v "$PWD:/work" --user "$(id -u)" -e DDS_API_TOKEN dds-conformance run --target https://dds.example.org --i-may-write
FROM python:3.12-slim AS build
WORKDIR /src
COPY . .
RUN python -m pip wheel --no-deps --wheel-dir /wheels .

FROM python:3.12-slim
ENV PIP_NO_CACHE_DIR=1
COPY --from=build /wheels /wheels
COPY requirements-run.lock /wheels/requirements-run.lock
RUN python -m pip install --require-hashes -r /wheels/requirements-run.lock
RUN python -m pip install --no-deps --force-reinstall /wheels/*.whl && dds-conformance --version
RUN useradd --uid 10001 --create-home judge
USER 10001
ENV HOME=/tmp PYTHONDONTWRITEBYTECODE=1
WORKDIR /work
ENTRYPOINT ["dds-conformance"]
CMD ["--help"]
