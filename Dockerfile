# The HTTP API (docs/serve.md). What is run to build it is in deploy/install.sh, which CI tries without Docker.
FROM python:3.12-slim AS build
COPY . /source
RUN sh /source/deploy/install.sh /source /venv

FROM python:3.12-slim
COPY --from=build /venv /venv
COPY deploy/healthcheck.py /healthcheck.py
RUN useradd --system --uid 10001 --no-create-home service
USER 10001
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["python", "/healthcheck.py"]
ENTRYPOINT ["emotion-classifier", "serve", "--host", "0.0.0.0"]
