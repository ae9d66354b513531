# A small image that judges: no root, and a root file system that may be read-only (`--read-only --tmpfs /tmp`).
#   docker build -t dds-conformance .
#   docker run --rm -v "$PWD:/work" -e DDS_API_TOKEN dds-conformance run --target https://dds.example.org --i-may-write
FROM python:3.12-slim AS build
WORKDIR /src
COPY . .
RUN python -m pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.12-slim
COPY --from=build /wheels /wheels
COPY requirements.lock /wheels/requirements.lock
RUN python -m pip install --no-cache-dir --constraint /wheels/requirements.lock /wheels/*.whl && dds-conformance --version
RUN useradd --uid 10001 --create-home judge
USER 10001
ENV HOME=/tmp PYTHONDONTWRITEBYTECODE=1
WORKDIR /work
ENTRYPOINT ["dds-conformance"]
CMD ["--help"]
